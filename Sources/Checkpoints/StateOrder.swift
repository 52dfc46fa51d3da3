import JSONText

/// Which optimizer step each of several checkpoints is of, and whether they stand in that order.
///
/// What a checkpoint says of itself counts first (`step`, `global_step` and the like, or `trainer_state.json` beside
/// it), else the number in its name.
public struct StateOrder: Sendable, Equatable {
    /// Of each state, in the order given; nil where neither tells.
    public let steps: [Int]?

    /// - Throws: `statesOutOfOrder` with the right order.
    public init(_ states: [Checkpoint], named paths: [String]) throws(CheckpointError) {
        let inside = states.compactMap(\.step)
        let isTold = inside.count == states.count && Set(inside).count == states.count
        guard let steps = isTold ? inside : Self.numbers(in: paths) else {
            steps = nil
            return
        }
        self.steps = steps
        guard zip(steps, steps.dropFirst()).contains(where: { $0 > $1 }) else { return }
        let order = paths.indices.sorted { (steps[$0], $0) < (steps[$1], $1) }
        throw .statesOutOfOrder(
            found: steps, expected: order.map { paths[$0] }, source: isTold ? "the steps they hold" : "their names")
    }

    /// The number that tells names apart: of the last component that differs, its last number that differs; nil if they
    /// have none, or not the same number of them, or it is the same twice. Numbers too large for steps do not count.
    public static func numbers(in paths: [String]) -> [Int]? {
        var paths = paths.map { $0.split(separator: "/").map(String.init) }
        while let last = paths.first?.last, paths.allSatisfy({ $0.last == last }) {
            for index in paths.indices { paths[index].removeLast() }
        }
        let digits = paths.map { digitRuns($0.last ?? "") }
        guard let count = digits.first?.count, count > 0, digits.allSatisfy({ $0.count == count }) else { return nil }
        for column in (0..<count).reversed() {
            let numbers = digits.map { $0[column] }
            if Set(numbers).count == numbers.count { return numbers }
        }
        return nil
    }

    private static func digitRuns(_ text: String) -> [Int] {
        text.split { !("0"..."9").contains($0) }.compactMap { Checkpoint.possibleStep(Int($0)) }
    }
}

extension Checkpoint {
    /// Whole numbers that may be steps: of larger ones `Double` could not tell neighbours apart.
    private static let possibleSteps = 0...1_000_000_000_000_000

    /// A number, if it may be a step.
    fileprivate static func possibleStep(_ number: Int?) -> Int? {
        number.flatMap { possibleSteps.contains($0) ? $0 : nil }
    }

    /// The optimizer step it says it is of; nil if it says none.
    public var step: Int? {
        for key in ["step", "global_step", "completed_steps", "iteration", "iter", "steps"] {
            if let step = Self.possibleStep(value(key)?.int) { return step }
            if let step = Self.possibleStep(metadata[key].flatMap { Int($0) }) { return step }
        }
        guard let folder, let text = try? WholeFile.bytes(of: folder + "trainer_state.json", limit: JSONLimits.bytes),
            case .object(let state)? = try? JSONValue(parsing: text, file: folder),
            case .integer(let step)? = state["global_step"]
        else { return nil }
        return Self.possibleStep(Int(step))
    }
}
