import CNino
import NeuralGraphs
import Nowcasting

extension Network {
    /// Nowcasts from the caller's memory to the caller's memory.
    ///
    /// - Parameters:
    ///   - horizons: in states.
    ///   - outputs: for each horizon one array for each parameter.
    /// - Throws: `NowcastError`; what deriving a graph throws; `LibraryError`.
    func nowcast(
        _ nowcaster: any Nowcaster, _ states: ArrayStates, horizons: [Int], into outputs: UnsafePointer<nino_array_t>,
        _ watch: Watch?
    ) throws {
        let sinks = try horizons.indices.map { index in
            ArraySink(
                arrays: try foreignArrays(
                    outputs + index * parameters.entries.count, parameters, what: "output \(index)"))
        }
        _ = try nowcaster.nowcast(
            states, horizons: horizons, graph: nowcaster.needsGraph ? graphInput() : nil, into: sinks,
            options: NowcastOptions(observer: watch))
    }

    /// The place of each tensor among names that a program has for its own; nil for one that is not there.
    ///
    /// - Throws: `PluginHostError.contradictingNames`; `input` for a parameter that is not there.
    func match(_ names: [String]) throws -> [Int?] {
        let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let called = try model?.fileNames(in: "the model's tensors", holding: names) ?? [:]
        return try entries.map { entry in
            let place = places[called[entry.name] ?? entry.name]
            if place == nil, entry.role == .parameter {
                throw LibraryError.input(
                    "parameter \"\(entry.name)\": expected among the model's tensors, found "
                        + "\(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", …" : "")")
            }
            return place
        }
    }
}
