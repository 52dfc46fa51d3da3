import CNino
import NeuralGraphs
import Nowcasting
import Tensors

/// When to nowcast and what to do with it, for a run whose weights lie in the caller's memory.
final class RunOptimizer {
    typealias Event = NowcastingOptimizer<CallersOptimizer>.Event
    typealias LossFunction = () throws -> Double

    private var optimizer: NowcastingOptimizer<CallersOptimizer>
    let parameters: ParameterList
    private let watch: CurrentWatch
    /// Whether each parameter may be written.
    private let isTrained: [Bool]
    /// Where the weights are put side by side, shape [parameters].
    private let weights: Tensor
    /// The weights before the last nowcast that replaced them.
    private var before: Tensor?
    /// While the caller's loss function runs, whose questions are answered as before the step.
    private var isJudging = false

    /// - Throws: `setting`, `graphMissing`; what drawing the graph throws.
    init(_ network: Network, _ nowcaster: NowcasterHandle, _ settings: nino_optimizer_settings_t) throws {
        parameters = network.parameters
        let policies: [nino_policy_t: NowcastPolicy] = [
            NINO_POLICY_SCHEDULE: .schedule, NINO_POLICY_SEARCH: .search, NINO_POLICY_NEAR: .schedule,
        ]
        guard let policy = policies[settings.policy] else {
            throw LibraryError.input("policy: expected 0 to 2, found \(settings.policy)")
        }
        let kinds: [nino_states_t: StateKind] = [
            NINO_STATES_OF_NOWCASTER: nowcaster.stateKind, NINO_STATES_SNAPSHOT: .snapshot, NINO_STATES_MEAN: .mean,
        ]
        guard let kind = kinds[settings.states] else {
            throw LibraryError.input("states: expected 0 to 2, found \(settings.states)")
        }
        guard settings.edge_sample_ratio > 0, settings.edge_sample_ratio <= 1 else {
            throw LibraryError.input(
                "edge_sample_ratio: expected more than 0, at most 1, found \(settings.edge_sample_ratio)")
        }
        isTrained = parameters.entries.indices.map { index in settings.is_trained.map { $0[index] != 0 } ?? true }
        var method = CallersNowcaster(method: nowcaster.method)
        if settings.subgraph != 0, method.needsGraph { method.layers = try network.graphLayers() }
        if settings.edge_sample_ratio < 1 {
            method.sampler = EdgeSampler(ratio: settings.edge_sample_ratio, seed: settings.seed)
        }
        if isTrained.contains(false) { method.isTrained = isTrained }
        watch = method.watch
        let horizon = settings.first_horizon == 0 ? nil : Int(settings.first_horizon)
        optimizer = try NowcastingOptimizer(
            CallersOptimizer(), nowcaster: method, graph: method.needsGraph ? network.graphInput() : nil,
            parameters: parameters,
            period: Int(settings.period), firstHorizon: settings.policy == NINO_POLICY_NEAR ? 1 : horizon,
            stateKind: kind, policy: policy, maxTrainSteps: Int(settings.max_train_steps))
        weights = Tensor(shape: [parameters.count])
    }

    var completedSteps: Int { optimizer.completedSteps }
    var needsGradients: Bool { optimizer.needsGradients }
    var needsWeights: Bool { optimizer.needsWeights }

    /// Five states or twice four of short ones, the mean under way, a trial, what was found, and the weights twice.
    var memory: Int { (StateHistory.contextLength * 2 + 6) * parameters.count * MemoryLayout<Float>.stride }

    /// Takes down the weights before a step of the caller's optimizer.
    /// - Throws: `input` if the next step is a nowcast, or an array cannot be used.
    func record(_ pointer: UnsafePointer<nino_array_t>?) throws {
        try requireOutside("record")
        guard needsGradients else {
            throw LibraryError.input("step \(completedSteps + 1): expected a nowcast, found weights to record")
        }
        if needsWeights { read(try foreignArrays(pointer, parameters, what: "weights")) }
        _ = try optimizer.step(weights, gradients: weights)
    }

    /// 0 where weights have to be shown one step at a time.
    var stepsToState: Int { optimizer.stateKind == .mean ? optimizer.stepsToState : 0 }

    /// Takes down several steps of the caller's optimizer by the mean of the weights before them.
    /// - Throws: `input` for more steps than `stepsToState`, or an array that cannot be used.
    func record(mean pointer: UnsafePointer<nino_array_t>?, steps: Int) throws {
        try requireOutside("record_mean")
        guard (1...max(1, stepsToState)).contains(steps), stepsToState > 0 else {
            throw LibraryError.input("steps: expected 1 to \(stepsToState), found \(steps)")
        }
        read(try foreignArrays(pointer, parameters, what: "weights"))
        optimizer.record(weights, steps: steps)
    }

    /// Takes the step that is a nowcast.
    /// - Throws: `input`; what nowcaster and `loss` throw, then weights and states are as they were.
    func nowcast(_ pointer: UnsafePointer<nino_array_t>?, loss: LossFunction?, _ watch: Watch?) throws -> Event {
        try requireOutside("nowcast")
        guard !needsGradients else {
            throw LibraryError.input("step \(completedSteps + 1): expected weights to record, found a nowcast")
        }
        guard optimizer.policy != .search || loss != nil else {
            throw LibraryError.input("step \(completedSteps + 1): a search needs a loss function, found none")
        }
        let arrays = try foreignArrays(pointer, parameters, what: "weights")
        read(arrays)
        let old = Tensor(shape: weights.shape, values: weights.array)
        self.watch.value = watch
        defer { self.watch.value = nil }
        do {
            // A copy takes the step: the loss function may ask for what the optimizer holds.
            var next = optimizer
            let event = try next.step(weights, gradients: nil, losses: loss.map { losses(arrays, $0) })
            optimizer = next
            if case .nowcast = event {
                write(weights, to: arrays)
                before = old
            } else {
                write(old, to: arrays)
            }
            return event
        } catch {
            write(old, to: arrays)
            throw error
        }
    }

    /// The best weights that the run has to show.
    func evaluationWeights(
        _ pointer: UnsafePointer<nino_array_t>?, loss: @escaping LossFunction, into output: UnsafePointer<nino_array_t>?
    ) throws {
        try requireOutside("evaluation_weights")
        let (arrays, outputs) = (
            try foreignArrays(pointer, parameters, what: "weights"),
            try foreignArrays(output, parameters, what: "outputs")
        )
        read(arrays)
        let old = Tensor(shape: weights.shape, values: weights.array)
        let best = Result { try optimizer.evaluationWeights(weights, losses: losses(arrays, loss)) }
        write(old, to: arrays)
        write(try best.get()?.weights ?? old, to: outputs, all: true)
    }

    /// - Throws: `input` if no nowcast has replaced the weights since the last time.
    func undo(_ pointer: UnsafePointer<nino_array_t>?) throws {
        try requireOutside("undo")
        guard let before else { throw LibraryError.input("undo: expected a nowcast to take back, found none") }
        write(before, to: try foreignArrays(pointer, parameters, what: "weights"))
        try forget()
    }

    /// - Throws: `input` from within a loss function.
    func forget() throws {
        try requireOutside("forget")
        optimizer.forgetStates()
        before = nil
    }

    func save() throws -> [UInt8] {
        var saved = optimizer.savedState
        saved.tensors[Self.beforeName] = before
        return try SavedStateBytes.encode(saved)
    }

    func restore(_ bytes: UnsafeRawBufferPointer) throws {
        try requireOutside("restore")
        let saved = try SavedStateBytes.decode(bytes)
        let before =
            try saved.tensors[Self.beforeName] == nil
            ? nil : saved.tensor(Self.beforeName, count: parameters.count)
        try optimizer.restore(saved)
        self.before = before
    }

    private static let beforeName = "library.before"

    private func losses(_ arrays: [ForeignArray], _ loss: @escaping LossFunction) -> (Tensor) throws -> [Double] {
        { [self] candidate in
            write(candidate, to: arrays)
            isJudging = true
            defer { isJudging = false }
            return [try loss()]
        }
    }

    private func requireOutside(_ call: String) throws {
        guard !isJudging else { throw LibraryError.input("\(call): called from within its own loss function") }
    }

    private func read(_ arrays: [ForeignArray]) {
        Parallel.forEach(arrays.count) { index in
            let entry = parameters.entries[index]
            arrays[index].read(first: 0, step: 1, count: entry.count, into: weights.address + entry.offset)
        }
    }

    private func write(_ values: Tensor, to arrays: [ForeignArray], all: Bool = false) {
        Parallel.forEach(arrays.count) { index in
            guard all || isTrained[index] else { return }
            let entry = parameters.entries[index]
            arrays[index].write(first: 0, step: 1, count: entry.count, from: values.address + entry.offset)
        }
    }
}
