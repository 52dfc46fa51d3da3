/// What trials have told of a run.
enum Foresight {
    case unknown
    case onTrial(NowcastTrial)
    /// A trial was passed, and no further one is needed.
    case proven

    var isProven: Bool { if case .proven = self { true } else { false } }
}
