import CKernels

/// A 2-D window that slides over an image, as attributes give it.
///
/// Attributes: `stride` (1 or 2 integers), `padding` (1, 2 [vertical, horizontal] or 4 [top, left, bottom, right]
/// integers, default 0), where it has a kernel of weights `dilation` (1 or 2 integers, default 1).
struct Window: Sendable {
    static let largest = 1 << 20

    let stride: [Int]
    /// top, left, bottom, right
    let padding: [Int]
    /// Pixels from one element of the kernel to the next.
    let dilation: [Int]

    init(_ attributes: OperationAttributes, defaultStride: [Int]) throws(TensorError) {
        stride =
            attributes.values["stride"] == nil
            ? defaultStride : try attributes.integers("stride", default: nil, counts: [2], in: 1...Window.largest)
        let padding = try attributes.integers("padding", default: 0, counts: [2, 4], in: 0...Window.largest)
        self.padding = padding.count == 4 ? padding : padding + padding
        dilation = try attributes.integers("dilation", default: 1, counts: [2], in: 1...Window.largest)
    }

    /// Height and width that a kernel reaches over.
    func reach(_ kernel: [Int]) -> [Int] { zip(kernel, dilation).map { ($0 - 1) * $1 + 1 } }

    /// Height and width of the output: ⌊(size + padding - reach) / stride⌋ + 1, or nil where the kernel does not fit.
    func outputSize(height: Int, width: Int, kernel: [Int]) -> [Int]? {
        let (tall, tooTall) = height.addingReportingOverflow(padding[0] + padding[2])
        let (wide, tooWide) = width.addingReportingOverflow(padding[1] + padding[3])
        let reach = reach(kernel)
        guard !tooTall, !tooWide, tall >= reach[0], wide >= reach[1] else { return nil }
        return [(tall - reach[0]) / stride[0] + 1, (wide - reach[1]) / stride[1] + 1]
    }

    /// As the kernels in C take it.
    func geometry(channels: Int, input: [Int], kernel: [Int], output: [Int]) -> nino_window_t {
        nino_window_t(
            channels: Int64(channels), height: Int64(input[2]), width: Int64(input[3]),
            kernel_height: Int64(kernel[0]), kernel_width: Int64(kernel[1]),
            stride_height: Int64(stride[0]), stride_width: Int64(stride[1]),
            padding_top: Int64(padding[0]), padding_left: Int64(padding[1]),
            dilation_height: Int64(dilation[0]), dilation_width: Int64(dilation[1]),
            output_height: Int64(output[2]), output_width: Int64(output[3]))
    }

    /// The input rows (or columns) under the window at one output position, clipped to the image.
    func rows(_ position: Int, kernel: Int, size: Int) -> Range<Int> {
        clip(position * stride[0] - padding[0], kernel, size)
    }

    func columns(_ position: Int, kernel: Int, size: Int) -> Range<Int> {
        clip(position * stride[1] - padding[1], kernel, size)
    }

    private func clip(_ start: Int, _ kernel: Int, _ size: Int) -> Range<Int> {
        let first = min(max(start, 0), size)
        return first..<max(first, min(start + kernel, size))
    }
}
