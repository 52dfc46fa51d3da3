/// What a training does with its nowcasts.
public enum NowcastPolicy: String, Codable, Sendable, CaseIterable {
    /// Once a period the nowcast takes the place of the weights, far ahead at first and near at the end. Source: nino-model.md 1.
    case schedule
    /// Whenever a state is complete, the horizon with the least loss on the next training batches is looked for. The nowcast takes the
    /// place of the weights only if looking ahead lowers that loss clearly; else it stands beside them, as what the run has to show.
    case search

    /// Unless something else is asked for.
    public static let standard = NowcastPolicy.search
}
