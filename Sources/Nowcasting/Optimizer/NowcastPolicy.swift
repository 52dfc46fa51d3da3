/// What a training does with its nowcasts.
public enum NowcastPolicy: String, Codable, Sendable, CaseIterable {
    /// Once a period the nowcast takes the place of the weights, far ahead at first and near at the end. Source:
    /// nino-model.md 1.
    case schedule
    /// Whenever a state is complete, means and nowcasts are judged by their loss on the next training batches. The
    /// farthest that costs little takes the place of the weights, if the nowcast before came true; the best is what the
    /// run has to show either way, at steps between as well.
    case search

    /// Unless something else is asked for.
    public static let standard = NowcastPolicy.search
}
