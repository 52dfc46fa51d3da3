/// The only rank there is.
public struct SingleProcess: Communicator {
    public let rank = 0
    public let size = 1
    public let sentBytes = 0

    public init() {}

    public func exchange(sending: [RankMessage], receiving: [RankMessage]) {
        precondition(sending.isEmpty && receiving.isEmpty, "messages to nobody")
    }
}
