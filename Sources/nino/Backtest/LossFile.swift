import JSONText
import Nowcasting

/// Losses that the user measured: a JSON object of names and numbers. A state is called by its step, a forecast as the
/// file that --forecasts writes, without its suffix.
struct LossFile {
    private let path: String
    private let losses: [String: Double]

    init(_ path: String) throws {
        self.path = path
        losses = try MeasuredLosses(contentsOf: path).byName
    }

    /// - Throws: `InputError` for a state without a loss, and for a name that is none.
    func add(to result: inout BacktestResult) throws {
        let steps = result.steps
        let states = steps.map { "\($0)" }
        if let missing = states.first(where: { losses[$0] == nil }) {
            throw InputError("\(path): \(missing): expected the loss of this state, found none")
        }
        let names = result.forecasts.map { $0.name.text(steps) }
        if let stranger = Set(losses.keys).subtracting(states + names).min() {
            let question = Suggestion.question(about: stranger, among: states + names)
            throw InputError("\(path): \(stranger): expected the step of a state or the name of a forecast\(question)")
        }
        result.losses = states.map { losses[$0] }
        for index in names.indices { result.forecasts[index].loss = losses[names[index]] }
    }
}
