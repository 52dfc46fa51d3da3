import ArgumentParser
import Checkpoints
import Nowcasting
import Training

/// What can be wrong with a step's options before any file is opened.
extension StepCommand {
    func validate() throws {
        if states.planOnly { return try validatePlanOnly() }
        guard out != nil else { throw ValidationError("give --out, the file for the predicted weights") }
        guard rankCount == nil else { throw ValidationError("--ranks needs --plan-only; mpirun -n starts ranks") }
        try validateMethod()
        try validateTarget()
        try validateHorizons()
        try validateNumbers()
    }

    private func validatePlanOnly() throws {
        guard config != nil, graph == nil, !subgraph, method == nil || method == .nino else {
            throw ValidationError("--plan-only needs --config, and is for the graph network on the whole graph")
        }
        guard (1...4096).contains(rankCount ?? 1) else {
            throw ValidationError("--ranks: expected 1 to 4096, found \(rankCount ?? 1)")
        }
    }

    private func validateMethod() throws {
        if let method, method.isPlain {
            let ofNetworks = [
                ("--checkpoint", checkpoint != nil), ("--upd-scale", updateScale != nil), ("--lpe", lpe != nil),
                ("--edge-sample-ratio", edgeSampleRatio != nil), ("--subgraph", subgraph),
                ("--precision", precision != .float32),
            ]
            if let (option, _) = ofNetworks.first(where: \.1) {
                throw ValidationError("--method \(method.rawValue) takes no \(option), which is for networks")
            }
        }
        guard method != .wnn || checkpoint != nil else {
            throw ValidationError("--method wnn needs --checkpoint: the one that ships is NiNo's")
        }
        guard let method, let combiner = method.combiner else {
            guard to == nil else { throw ValidationError("--to needs --method rank1 or fitted") }
            return try states.requireCount(History.contextLength, atLeast: History.contextLength)
        }
        guard step == nil else {
            throw ValidationError("--step is for a schedule: --method \(method.rawValue) takes --k or --to")
        }
        try states.requireCount(nil, atLeast: combiner.fewestStates)
    }

    private func validateTarget() throws {
        // A method that needs no graph predicts every floating-point tensor if there is none; an adapter is its own.
        let isBare = config == nil && graph == nil && method != .wnn && lpe == nil && !subgraph
        guard isBare || (config == nil) != (graph == nil) else { throw ValidationError(StepTarget.noGraph) }
        guard !(subgraph && graph != nil) else {
            throw ValidationError("--subgraph needs --config: a graph from a file has no layers")
        }
        guard !subgraph || config != nil else { throw ValidationError("--subgraph needs --config") }
    }

    private func validateHorizons() throws {
        let given = [k == nil, step == nil, to == nil].count { !$0 }
        guard given == 1 || given == 0 && method == .average else {
            throw ValidationError(method?.combiner != nil ? "give either --k or --to" : "give either --k or --step")
        }
        for horizon in k?.values ?? [] {
            try SettingBounds.require(horizon, "--k", in: SettingBounds.horizons, "further than anything is predicted")
        }
        if let horizon {
            try SettingBounds.require(
                horizon, "--horizon", in: SettingBounds.horizons, "further than anything is predicted")
            guard step != nil else {
                throw ValidationError("--horizon needs --step: --k says itself how far to look")
            }
        }
        let longest = SettingBounds.steps.upperBound
        for step in to?.values ?? [] {
            try SettingBounds.require(step, "--to", in: 0...longest, "decades of training")
        }
        if let step { try SettingBounds.require(step, "--step", in: 0...longest, "decades of training") }
        try SettingBounds.require(period, "--period", in: 5...longest, "decades of training")
        try SettingBounds.require(maxSteps, "--max-steps", in: 1...longest, "decades of training")
        // The schedule holds a horizon for each period.
        guard maxSteps / period <= 10_000_000 else {
            throw ValidationError("--max-steps: expected at most 10000000 periods of \(period), found \(maxSteps)")
        }
    }

    private func validateNumbers() throws {
        if let updateScale, !updateScale.isFinite {
            throw ValidationError("--upd-scale: expected a finite number, found \(updateScale)")
        }
        guard precision.isSupported else {
            throw ValidationError(
                "--precision \(precision.rawValue): this processor has no such products; leave it out for f32")
        }
        if let ratio = edgeSampleRatio, !(ratio > 0 && ratio <= 1) {
            throw ValidationError("--edge-sample-ratio: expected more than 0, at most 1, found \(ratio)")
        }
        guard (0...(1 << 30)).contains(memory) else {
            throw ValidationError("--memory: expected 0 or more megabytes, found \(memory)")
        }
        guard journalEvery >= 0 else {
            throw ValidationError("--journal-every: expected at least 0, found \(journalEvery)")
        }
    }
}
