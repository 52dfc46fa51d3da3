import Checkpoints
import NeuralGraphs
import PluginHost

/// How one checkpoint names the tensors of a model: with or without a prefix, a tied tensor once or twice, buffers
/// beside them.
struct FileNames {
    /// The parameters' names in the file, in the model's order.
    let parameters: [String]
    /// Names in the file that carry a parameter, its duplicates included; values are indices in the parameter list.
    private let parameterIndex: [String: Int]
    /// Names in the file of float32 buffers, by their names in the model; all must be there.
    let buffers: [String: String]
    /// Names that may stand beside parameters and buffers and mean nothing.
    private let ignored: Set<String>

    /// - Throws: `PluginHostError.contradictingNames` if a prefix is there for some tensors and not for others.
    init(_ model: Model, in file: Checkpoint) throws {
        let names = try model.fileNames(in: file.path, holding: file.tensors.map(\.name))
        let description = model.description
        parameters = description.parameters.map { names[$0.name]! }
        var index = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($1, $0) })
        for tied in description.tied { index[names[tied.name]!] = model.parameters.index(of: tied.parameter) }
        parameterIndex = index
        buffers = Dictionary(
            uniqueKeysWithValues: description.buffers.filter { $0.elementType == .float32 }.map {
                ($0.name, names[$0.name]!)
            })
        let counters = description.buffers.filter { $0.elementType == .int64 }
        ignored = Set((counters + description.ignored).map { names[$0.name]! })
    }

    /// The names of a graph from a file: those of its parameter list, and nothing beside them.
    init(_ parameters: ParameterList) {
        self.parameters = parameters.entries.map(\.name)
        parameterIndex = Dictionary(uniqueKeysWithValues: self.parameters.enumerated().map { ($1, $0) })
        buffers = [:]
        ignored = []
    }

    /// Index of the parameter that a tensor of the file carries; nil if it carries none.
    func parameter(of name: String) -> Int? {
        parameterIndex[name]
    }

    /// Checks that a file holds the model's tensors and no strangers.
    /// - Throws: `CheckpointError` naming file and tensor.
    /// - Returns: names of tensors of whole numbers beside them, which stay as they are.
    @discardableResult
    func check(_ file: Checkpoint, parameters list: ParameterList, bufferShapes: [String: [Int]]) throws -> [String] {
        var wanted = zip(parameters, list.entries).map { (name: $0, shape: $1.shape) }
        // A duplicate of a tied tensor need not be there, but must have its shape.
        for (name, index) in parameterIndex where name != parameters[index] && file[name] != nil {
            wanted.append((name, list.entries[index].shape))
        }
        for (name, fileName) in buffers { wanted.append((fileName, bufferShapes[name]!)) }
        return try file.check(parameters: wanted, isBuffer: { parameterIndex[$0] != nil || ignored.contains($0) })
    }

    /// Checks that every copy of a tied parameter that is stored beside it equals it: else a nowcast would put the
    /// parameter in the place of weights that were trained by themselves.
    /// - Throws: `InputError` naming both; `CheckpointError` for the file.
    func checkCopies(in file: Checkpoint) throws {
        for (name, index) in parameterIndex.sorted(by: { $0.key < $1.key }) where name != parameters[index] {
            guard let copy = file[name], let original = file[parameters[index]] else { continue }
            guard try copy.dtype != original.dtype || file.holdsSame(name, parameters[index]) else {
                throw InputError(
                    "\(file.path): tensor '\(name)': expected the numbers of '\(parameters[index])', which the config "
                        + "ties it to, found others; say in the config that they are not tied "
                        + "(\"tie_word_embeddings\": false), or remove the tensor")
            }
        }
    }

    /// The tensors of a file that carry each parameter, and those that carry none.
    func divided(_ tensorNames: some Sequence<String>) -> (holders: [[String]], others: [String]) {
        var holders = [[String]](repeating: [], count: parameters.count)
        var others: [String] = []
        for name in tensorNames.sorted() {
            if let parameter = parameter(of: name) {
                holders[parameter].append(name)
            } else {
                others.append(name)
            }
        }
        return (holders, others)
    }

    /// Tensors beside the parameters that nobody asked for and that change from one state to another: they are trained,
    /// and the config knows nothing of them.
    func strangersThatChange(from first: Checkpoint, to last: Checkpoint) throws -> [String] {
        try ignored.sorted().filter { name in
            guard let tensor = last[name], tensor.dtype.isFloatingPoint, first[name] == tensor else { return false }
            let count = min(tensor.count, 1 << 16)
            var values = [[Float](repeating: 0, count: count), [Float](repeating: 0, count: count)]
            try values[0].withUnsafeMutableBufferPointer { try first.read(name, 0..<count, into: $0) }
            try values[1].withUnsafeMutableBufferPointer { try last.read(name, 0..<count, into: $0) }
            return values[0] != values[1]
        }
    }
}

extension ModelDescription {
    /// Shapes of the float32 buffers by name.
    var bufferShapes: [String: [Int]] {
        Dictionary(uniqueKeysWithValues: buffers.filter { $0.elementType == .float32 }.map { ($0.name, $0.shape) })
    }
}
