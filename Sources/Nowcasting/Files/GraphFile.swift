import Checkpoints
import Foundation
import JSONText
import NeuralGraphs

/// What a file says of a graph cannot be used; the line names file, key, what was expected and what was found.
package struct GraphFileError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A neural graph as a safetensors file: `edge_index` [2, E], `edge_type`, `edge_param`, `edge_slots` [E] int64, `lpe`
/// [N, 8] float32, and `parameters` in the metadata as a JSON list of [name, shape].
package enum GraphFile {
    /// Writes a graph edge by edge; memory does not grow with its size.
    /// - Throws: `CheckpointError.cannotWrite`.
    package static func write(_ graph: NeuralGraph, _ encoding: LaplacianPositionalEncoding, to path: String) throws {
        let edges = graph.edgeCount
        let tensors = [
            TensorInfo(name: "edge_index", dtype: .i64, shape: [2, edges]),
            TensorInfo(name: "edge_type", dtype: .i64, shape: [edges]),
            TensorInfo(name: "edge_param", dtype: .i64, shape: [edges]),
            TensorInfo(name: "edge_slots", dtype: .i64, shape: [edges]),
            TensorInfo(name: "lpe", dtype: .f32, shape: [graph.nodeCount, LaplacianPositionalEncoding.width]),
        ]
        let writer = try SafetensorsWriter(
            path, tensors: tensors, metadata: ["parameters": parameterJSON(graph.parameters)])
        while let tensor = writer.next {
            switch tensor.name {
            case "edge_index":
                try writeColumn({ $0.source }, of: graph, to: tensor.name, writer)
                try writeColumn({ $0.target }, of: graph, to: tensor.name, writer)
            case "edge_type": try writeColumn({ $0.type.rawValue }, of: graph, to: tensor.name, writer)
            case "edge_param": try writeColumn({ $0.parameterScalar }, of: graph, to: tensor.name, writer)
            case "edge_slots": try writeColumn({ $0.slots }, of: graph, to: tensor.name, writer)
            default: try writer.write(encoding.values, to: tensor.name)
            }
        }
        try writer.commit()
    }

    private static func writeColumn(
        _ value: (Edge) -> Int, of graph: NeuralGraph, to tensor: String, _ writer: SafetensorsWriter
    ) throws {
        var chunk: [Int64] = []
        let chunkSize = 1 << 16
        chunk.reserveCapacity(chunkSize)
        try graph.forEachEdge { (edge: Edge) throws(CheckpointError) in
            chunk.append(Int64(value(edge)))
            guard chunk.count == chunkSize else { return }
            try writer.writeInt64s(chunk, to: tensor)
            chunk.removeAll(keepingCapacity: true)
        }
        try writer.writeInt64s(chunk, to: tensor)
    }

    private static func parameterJSON(_ parameters: ParameterList) -> String {
        let entries = parameters.entries.map { entry in
            "[\(jsonQuoted(entry.name)), \(entry.shape)]"
        }
        return "[" + entries.joined(separator: ", ") + "]"
    }

    /// A graph as a file describes it.
    package struct Content {
        package let edges: EdgeList
        /// [nodes, 8]
        package let encoding: [Float]
        /// `pos_w` of each node; 0 everywhere if the file has none.
        package let words: [Int]
        package let parameters: ParameterList
    }

    /// Reads a graph.
    /// - Throws: `CheckpointError`; `GraphFileError` naming the edge that is wrong, and for a missing or malformed
    ///   parameter list.
    package static func read(_ path: String) throws -> Content {
        let file = try Checkpoint(opening: path)
        let parameters = try parameters(of: file)
        func column(_ name: String) throws -> [Int] { try file.int64s(name).map { Int($0) } }
        let index = try column("edge_index")
        guard let shape = file["edge_index"]?.shape, shape.count == 2, shape[0] == 2 else {
            throw GraphFileError(
                "\(path): tensor \"edge_index\": expected shape [2, edges], found \(file["edge_index"]?.shape ?? [])")
        }
        // More parameters than edges can carry are refused before memory is taken for them.
        guard parameters.count <= shape[1].multipliedReportingOverflow(by: EdgeList.mostSlots).partialValue else {
            throw GraphFileError(
                "\(path): __metadata__ key \"parameters\": expected at most \(EdgeList.mostSlots) scalars for each of "
                    + "\(shape[1]) edges, found \(parameters.count) in all")
        }
        let encoding = try readEncoding(file)
        let (types, scalars, slots) = try (column("edge_type"), column("edge_param"), column("edge_slots"))
        let edges: EdgeList
        do throws(NeuralGraphError) {
            edges = try EdgeList(
                nodeCount: encoding.count / LaplacianPositionalEncoding.width, sources: Array(index[..<shape[1]]),
                targets: Array(index[shape[1]...]), types: types, parameterScalars: scalars, slots: slots,
                parameterCount: parameters.count)
        } catch {
            throw GraphFileError("\(path): \(error)")
        }
        let words = file["pos_w"] == nil ? Array(repeating: 0, count: edges.nodeCount) : try column("pos_w")
        return Content(edges: edges, encoding: encoding, words: words, parameters: parameters)
    }

    /// The `lpe` of a file, of any number of nodes.
    /// - Throws: `CheckpointError`, `GraphFileError` for another shape or numbers that are not finite.
    package static func readEncoding(_ path: String) throws -> [Float] {
        try readEncoding(Checkpoint(opening: path))
    }

    private static func readEncoding(_ file: Checkpoint) throws -> [Float] {
        let values = try file.floats("lpe")
        guard let shape = file["lpe"]?.shape, shape.count == 2, shape[1] == LaplacianPositionalEncoding.width else {
            throw GraphFileError(
                "\(file.path): tensor \"lpe\": expected shape [nodes, \(LaplacianPositionalEncoding.width)], found "
                    + "\(file["lpe"]?.shape ?? [])"
            )
        }
        guard let wrong = values.firstIndex(where: { !$0.isFinite }) else { return values }
        throw GraphFileError(
            "\(file.path): tensor \"lpe\": element \(wrong): expected a finite number, found \(values[wrong])")
    }

    private static func parameters(of file: Checkpoint) throws -> ParameterList {
        struct Entry: Decodable {
            let name: String
            let shape: [Int]

            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                name = try list.decode(String.self)
                shape = try list.decode([Int].self)
            }
        }
        guard let text = file.metadata["parameters"] else {
            throw GraphFileError(
                "\(file.path): __metadata__ key \"parameters\": expected a list of [name, shape], found nothing")
        }
        let entries: [Entry] = try JSONText.decode(
            from: text.utf8, file: "\(file.path): __metadata__ key \"parameters\"")
        return try ParameterList(checking: entries.map { ($0.name, $0.shape) })
    }
}
