import CNino
import Testing

/// Text of the message of a call that failed.
func sentence(_ call: (UnsafeMutablePointer<nino_message_t>) -> nino_outcome_t) -> (nino_outcome_t, String) {
    var message = nino_message_t()
    let outcome = call(&message)
    return (
        outcome,
        withUnsafeBytes(of: message.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    )
}

/// A network without a graph, of one parameter "w" of shape [2, 3].
final class LineNetwork {
    private(set) var network: OpaquePointer?
    private(set) var nowcaster: OpaquePointer?

    init() throws {
        let shape: [Int64] = [2, 3]
        try shape.withUnsafeBufferPointer { shape in
            try "w".withCString { name in
                var info = nino_tensor_info_t(
                    name: name, role: NINO_ROLE_PARAMETER, rank: 2, shape: shape.baseAddress, tied_to: nil)
                try #require(nino_network_create(&info, 1, &network, nil) == NINO_DONE)
            }
        }
        try #require(nino_nowcaster_open("linefit", &nowcaster, nil) == NINO_DONE)
    }

    deinit {
        nino_nowcaster_destroy(nowcaster)
        nino_network_destroy(network)
    }
}
