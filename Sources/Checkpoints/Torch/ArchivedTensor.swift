/// A single tensor that was saved by itself with `torch.save`, in a part of a file.
///
/// The archive is opened when the tensor is looked at and when it is read: a checkpoint of many ranks has thousands.
struct ArchivedTensor: TensorStore {
    let tensors: [TensorInfo]
    private let input: InputFile
    private let range: Range<Int>

    /// - Throws: `readFailed` for a part beyond the file's end, and the errors of the archive.
    init(_ input: InputFile, at offset: Int, length: Int, name: String) throws(CheckpointError) {
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard !overflow, length > 0, end <= input.size else {
            throw .readFailed(file: input.path, cause: "the file ends early", offset: offset, bytes: length)
        }
        (self.input, range) = (input, offset..<end)
        tensors = try TorchArchive(input, part: range, singleTensor: name).tensors
    }

    func file(of tensor: Int) -> String { input.path }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        try TorchArchive(input, part: range, singleTensor: tensors[0].name).read(0, at: offset, into: buffer)
    }
}
