import Checkpoints
import Nowcasting
import Tensors

/// What a run reads and writes in its folder.
extension Trainer {
    func prepareFolder(_ start: Start) throws {
        guard let folder else { return }
        // A name that was mistyped leaves no folder.
        if start == .resume { try folder.requireCheckpoint() }
        try folder.create()
        switch start {
        case .fresh:
            if folder.isFinished { throw TrainingError.runFinished(folder: folder.path) }
            if folder.hasCheckpoint { throw TrainingError.checkpointExists(folder: folder.path) }
        case .resume:
            try restore(folder, mayExtend: true)
        case .resumeIfPossible:
            if folder.hasCheckpoint { try restore(folder) }
        }
        metrics = try MetricsFile(
            folder.metrics, table: folder.table, averages: settings.averages ?? [], evaluations: state.evaluations)
        // From the first moment on there is something to resume from.
        if state.step == 0 { try save() }
    }

    /// - Parameter mayExtend: the run may get more steps or another target.
    private func restore(_ folder: RunFolder, mayExtend: Bool = false) throws {
        let sizes = runner.buffers.map { ($0.name, $0.tensor.count) }
        let saved = try TrainingCheckpoint(
            readingFrom: folder.checkpoint, of: identity, mayExtend: mayExtend, parameters: runner.parameters,
            bufferSizes: Dictionary(uniqueKeysWithValues: sizes))
        let before = saved.identity.settings
        if (before.steps, before.target) != (settings.steps, settings.target), folder.isFinished {
            try folder.setAside(step: saved.state.step)
        }
        _ = runner.weights.values.update(fromContentsOf: saved.weights)
        for (name, tensor) in runner.buffers { _ = tensor.values.update(fromContentsOf: saved.buffers[name]!) }
        do {
            try optimizer.restore(
                saved.optimizer, step: saved.state.step, count: saved.weights.count, file: folder.checkpoint)
            try kept?.restore(saved.optimizer, count: saved.weights.count)
        } catch let error as NowcastError {
            throw TrainingError.optimizer(error, file: folder.checkpoint)
        }
        state = saved.state
    }

    /// Writes the checkpoint; nothing without a folder.
    ///
    /// - Throws: `CheckpointError.cannotWrite`.
    public func save() throws {
        guard let folder else { return }
        var saved = optimizer.savedState
        kept?.save(into: &saved)
        let checkpoint = TrainingCheckpoint(
            identity: identity, state: state, weights: weights, buffers: buffers, optimizer: saved)
        let shapes = Dictionary(uniqueKeysWithValues: runner.buffers.map { ($0.name, $0.tensor.shape) })
        try checkpoint.write(to: folder.checkpoint, parameters: runner.parameters, bufferShapes: shapes)
        lastSave = .now
        notify(.saved(step: state.step, folder: folder.path))
    }

    /// Writes what a finished run leaves.
    func finish() throws {
        try save()
        if let folder {
            try writeModel(to: folder.model)
            try AtomicFile.write(json(result) + "\n", to: folder.result)
        }
        notify(.finished(result))
    }

    /// Writes weights and buffers alone, under the checkpoint's own names; the weights that an evaluation of this step
    /// sees.
    ///
    /// - Throws: `CheckpointError.cannotWrite`, and the errors of the model.
    public func writeModel(to path: String) throws {
        try write(
            evaluationWeights()?.weights ?? optimizer.baseEvaluationWeights(runner.weights) ?? runner.weights, to: path)
    }

    /// Keeps the weights of training as they are, and their mean since the last time, if it is their turn.
    func keepState() throws {
        guard let folder, let mean = kept?.add(runner.weights, step: state.step) else { return }
        for (place, weights) in [(folder.states, runner.weights), (folder.means, mean)] {
            try OutputFolder.make(place)
            try write(weights, to: RunFolder.state(state.step, in: place), metadata: ["step": "\(state.step)"])
        }
    }

    private func write(_ weights: Tensor, to path: String, metadata: [String: String] = [:]) throws {
        var tensors = runner.parameters.entries.map { entry in
            (TensorInfo(name: entry.name, dtype: .f32, shape: entry.shape), Array(weights.values[entry.range]))
        }
        tensors += runner.buffers.map {
            (TensorInfo(name: $0.name, dtype: .f32, shape: $0.tensor.shape), $0.tensor.array)
        }
        let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.0.name, $0.1) })
        let writer = try SafetensorsWriter(path, tensors: tensors.map(\.0), metadata: metadata)
        for tensor in writer.tensors { try writer.write(values[tensor.name]!, to: tensor.name) }
        try writer.commit()
    }
}

extension TrainingError {
    /// What is wrong with the optimizer's part of a checkpoint, by the names of the file.
    fileprivate static func optimizer(_ error: NowcastError, file: String) -> any Error {
        switch error {
        case .savedTensorMissing(let name):
            TrainingError.checkpointInvalid(
                file: file, key: "optimizer.\(name)", expected: "a tensor", found: "nothing")
        case .savedTensorShape(let name, let expected, let found):
            TrainingError.checkpointInvalid(
                file: file, key: "optimizer.\(name)", expected: "shape \(expected)", found: "\(found)")
        case .savedNumber(let name, let expected, let found):
            TrainingError.checkpointInvalid(
                file: file, key: "optimizer_counters.\(name)", expected: expected, found: found)
        default: error
        }
    }
}
