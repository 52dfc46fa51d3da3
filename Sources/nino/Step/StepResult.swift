/// One result of a step, as `--json` prints it.
struct StepResult: Encodable {
    let out: String
    let method: String
    /// States ahead; absent where --to names a step.
    let horizon: Int?
    let to: Int?
    let parameters: Int
    let relativeChange: Double
    /// From opened files to written ones.
    let seconds: Double
    /// Who shared the work, and bytes that they sent each other.
    let ranks, sentBytes: Int

    func show(_ horizon: StepHorizon, isJSON: Bool) throws {
        if isJSON { return try Output.json(self) }
        let percent = (relativeChange * 1000).rounded() / 10
        Output.line(
            "\(out): \(parameters) parameters, \(method), \(horizon.text), changed by \(percent) % of their length")
    }
}
