import CNino
import Foundation
import Nowcasting
import PluginHost

// The functions of nino.h on networks, nowcasters and single nowcasts.

@c @implementation
public func nino_network_open(
    _ session: OpaquePointer?, _ config: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<OpaquePointer?>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let place = try place(out, "network")
        let configuration = try ConfigurationCatalog.standard.load(text(config, "config"))
        place.pointee = handle(Network(try object(session, Session.self).model(for: configuration)))
    }
}

@c @implementation
public func nino_network_open_json(
    _ session: OpaquePointer?, _ json: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let place = try place(out, "network")
        let configuration = try ModelConfiguration(json: Data(text(json, "config").utf8), file: text(name, "name"))
        place.pointee = handle(Network(try object(session, Session.self).model(for: configuration)))
    }
}

@c @implementation
public func nino_network_create(
    _ tensors: UnsafePointer<nino_tensor_info_t>?, _ count: Int64, _ out: UnsafeMutablePointer<OpaquePointer?>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let place = try place(out, "network")
        guard let tensors, count >= 1 else { throw LibraryError.input("tensors: expected at least one, found none") }
        let list = try (0..<Int(count)).map { index in
            let (name, rank) = (try text(tensors[index].name, "name of tensor \(index)"), Int(tensors[index].rank))
            guard !name.isEmpty, (0...64).contains(rank), rank == 0 || tensors[index].shape != nil else {
                throw LibraryError.input("tensor \(index) \"\(name)\": expected a name and a shape of at most 64 sizes")
            }
            return (name: name, shape: (0..<rank).map { Int(tensors[index].shape[$0]) })
        }
        place.pointee = handle(try Network(list))
    }
}

@c @implementation
public func nino_network_destroy(_ network: OpaquePointer?) { release(network, Network.self) }

@c @implementation
public func nino_network_tensor_count(_ network: OpaquePointer?) -> Int64 {
    Int64((try? object(network, Network.self))?.entries.count ?? 0)
}

@c @implementation
public func nino_network_parameter_count(_ network: OpaquePointer?) -> Int64 {
    Int64((try? object(network, Network.self))?.parameters.entries.count ?? 0)
}

@c @implementation
public func nino_network_tensor(
    _ network: OpaquePointer?, _ index: Int64, _ out: UnsafeMutablePointer<nino_tensor_info_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let (network, place) = (try object(network, Network.self), try place(out, "tensor"))
        guard network.entries.indices.contains(Int(index)) else {
            throw LibraryError.input("tensor: expected 0 to \(network.entries.count - 1), found \(index)")
        }
        let (entry, copy) = (network.entries[Int(index)], network.copies[Int(index)])
        let roles = [Network.Role.parameter: NINO_ROLE_PARAMETER, .buffer: NINO_ROLE_BUFFER, .tied: NINO_ROLE_TIED]
        place.pointee = nino_tensor_info_t(
            name: copy.name, role: roles[entry.role]!, rank: Int64(entry.shape.count),
            shape: entry.shape.isEmpty ? nil : UnsafePointer(copy.shape.baseAddress), tied_to: copy.parameter)
    }
}

@c @implementation
public func nino_network_match(
    _ network: OpaquePointer?, _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int64,
    _ indices: UnsafeMutablePointer<Int64>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let (network, place) = (try object(network, Network.self), try place(indices, "indices"))
        let given = try (0..<Int(count)).map { try text(names?[$0], "name \($0)") }
        for (index, found) in try network.match(given).enumerated() { place[index] = Int64(found ?? -1) }
    }
}

@c @implementation
public func nino_nowcaster_open(
    _ name: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<OpaquePointer?>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) { try place(out, "nowcaster").pointee = handle(NowcasterHandle(text(name, "nowcaster"))) }
}

@c @implementation
public func nino_nowcaster_destroy(_ nowcaster: OpaquePointer?) { release(nowcaster, NowcasterHandle.self) }

@c @implementation
public func nino_nowcaster_longest_horizon(_ nowcaster: OpaquePointer?) -> Int64 {
    Int64((try? object(nowcaster, NowcasterHandle.self))?.method.longestHorizon ?? 0)
}

@c @implementation
public func nino_nowcaster_needs_graph(_ nowcaster: OpaquePointer?) -> Int32 {
    (try? object(nowcaster, NowcasterHandle.self))?.method.needsGraph == true ? 1 : 0
}

@c @implementation
public func nino_nowcaster_states(_ nowcaster: OpaquePointer?) -> nino_states_t {
    (try? object(nowcaster, NowcasterHandle.self))?.stateKind == .mean ? NINO_STATES_MEAN : NINO_STATES_SNAPSHOT
}

@c @implementation
public func nino_nowcast(
    _ network: OpaquePointer?, _ nowcaster: OpaquePointer?, _ states: UnsafePointer<nino_array_t>?,
    _ horizons: UnsafePointer<Int64>?, _ horizonCount: Int64, _ outputs: UnsafePointer<nino_array_t>?,
    _ watch: UnsafePointer<nino_watch_t>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        guard let horizons, let outputs, horizonCount >= 1 else {
            throw LibraryError.input("horizons: expected at least one, with arrays for its result, found none")
        }
        let network = try object(network, Network.self)
        let list = (0..<Int(horizonCount)).map { Int(horizons[$0]) }
        try network.nowcast(
            object(nowcaster, NowcasterHandle.self).method, ArrayStates(states, network.parameters), horizons: list,
            into: outputs, Watch(watch))
    }
}
