/// Where the bytes of tensors come from.
protocol TensorStore: Sendable {
    /// In the order of the file.
    var tensors: [TensorInfo] { get }

    /// Name of the file that holds a tensor, for messages.
    func file(of tensor: Int) -> String

    /// Fills `buffer` with the bytes from `offset` on of tensor `tensor`, counted in its row-major, dense layout.
    ///
    /// - Precondition: the range lies inside the tensor.
    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError)
}

/// One safetensors file.
struct SafetensorsFile: TensorStore {
    let input: InputFile
    let tensors: [TensorInfo]
    let metadata: [String: String]
    private let offsets: [Int]

    init(_ input: InputFile) throws(CheckpointError) {
        let header = try SafetensorsHeader(of: input)
        self.input = input
        self.tensors = header.entries.map(\.info)
        self.offsets = header.entries.map(\.offset)
        self.metadata = header.metadata
    }

    func file(of tensor: Int) -> String { input.path }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        try input.read(at: offsets[tensor] + offset, into: buffer)
    }
}
