/// Mean of each window; padding counts as zeros (PyTorch's default).
///
/// Input: x [n, channels, height, width]. Output: [n, channels, height', width'].
/// Attributes `kernel` (1 or 2 integers), `stride` (default: the kernel), `padding` (see `Window`).
struct AveragePool2d: RegisteredOperation {
    static let name = "averagePool2d"
    static let attributeNames = ["kernel", "stride", "padding"]

    private let pool: Pool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        pool = try Pool(attributes)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try pool.outputShape(self, inputs)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { pool.axisFlow(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let area = Double(pool.kernel[0] * pool.kernel[1])
        pool.forEachWindow(x, output) { plane, width, rows, columns, position in
            var sum = 0.0
            for row in rows { for column in columns { sum += Double(x.address[plane + row * width + column]) } }
            output.address[position] = Float(sum / area)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        if target.beta == 0 { target.tensor.values.update(repeating: 0) }
        let area = Float(pool.kernel[0] * pool.kernel[1])
        pool.forEachWindow(target.tensor, output) { plane, width, rows, columns, position in
            let value = gradient.address[position] / area
            for row in rows { for column in columns { target.address[plane + row * width + column] += value } }
        }
    }
}

/// Largest of each window; padding never wins. The gradient goes to the first of equals.
///
/// Input: x [n, channels, height, width]. Output: [n, channels, height', width'].
/// Attributes `kernel` (1 or 2 integers), `stride` (default: the kernel), `padding` (at most half the kernel; see
/// `Window`).
struct MaxPool2d: RegisteredOperation {
    static let name = "maxPool2d"
    static let attributeNames = ["kernel", "stride", "padding"]

    private let pool: Pool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        pool = try Pool(attributes)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try pool.outputShape(self, inputs)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { pool.axisFlow(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        pool.forEachWindow(x, output) { plane, width, rows, columns, position in
            output.address[position] = x.address[largest(x, plane, width, rows, columns)]
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let x = inputs[0].floats
        if target.beta == 0 { target.tensor.values.update(repeating: 0) }
        pool.forEachWindow(x, output) { plane, width, rows, columns, position in
            target.address[largest(x, plane, width, rows, columns)] += gradient.address[position]
        }
    }

    /// Where the first of the largest lies; a NaN counts as largest.
    private func largest(_ x: Tensor, _ plane: Int, _ width: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Int {
        var best = plane + rows.lowerBound * width + columns.lowerBound
        for row in rows {
            for column in columns {
                let candidate = plane + row * width + column
                if !(x.address[candidate] <= x.address[best]) && !x.address[best].isNaN { best = candidate }
            }
        }
        return best
    }
}

/// What both kinds of pooling share.
struct Pool: Sendable {
    let kernel: [Int]
    let window: Window

    init(_ attributes: OperationAttributes) throws(TensorError) {
        let kernel = try attributes.integers("kernel", default: nil, counts: [2], in: 1...Window.largest)
        self.kernel = kernel
        window = try Window(attributes, defaultStride: kernel)
        for (side, padding) in window.padding.enumerated() where 2 * padding > kernel[side % 2] {
            throw .attributeValue(
                operation: attributes.operation, name: "padding",
                expected: "at most half the kernel \(kernel)", found: "\(window.padding)")
        }
    }

    func outputShape(_ operation: any Operation, _ inputs: [ValueType]) throws(TensorError) -> [Int] {
        try operation.requireFloats(inputs, count: 1...1)
        let x = inputs[0].shape
        try operation.require(x.count == 4, inputs, 0, "[n, channels, height, width]")
        guard let size = window.outputSize(height: x[2], width: x[3], kernel: kernel) else {
            throw .inputShape(
                operation: operation.name, input: 0, expected: "an image no smaller than the kernel \(kernel)", found: x
            )
        }
        return [x[0], x[1]] + size
    }

    func axisFlow(_ inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let x = inputs[0].shape
        let planes = flow.indices(x.prefix(2))
        let slides = AxisFlow.Role.pinned("a window slides over it")
        let (before, after) = (
            flow.indices(x[2...], slides),
            flow.indices(window.outputSize(height: x[2], width: x[3], kernel: kernel)!, slides)
        )
        return flow.make([planes + before], planes + after)
    }

    /// Visits each window: where its plane starts in x, the width of x, the rows and columns under it, its output
    /// position.
    func forEachWindow(
        _ x: Tensor, _ output: Tensor,
        _ body: (_ plane: Int, _ width: Int, Range<Int>, Range<Int>, _ position: Int) -> Void
    ) {
        let (height, width) = (x.shape[2], x.shape[3])
        let (outputHeight, outputWidth) = (output.shape[2], output.shape[3])
        Parallel.forEachRange(x.shape[0] * x.shape[1], tile: rowTile(columns: height * width)) { planes in
            for plane in planes {
                var position = plane * outputHeight * outputWidth
                for y in 0..<outputHeight {
                    let rows = window.rows(y, kernel: kernel[0], size: height)
                    for column in 0..<outputWidth {
                        body(
                            plane * height * width, width, rows, window.columns(column, kernel: kernel[1], size: width),
                            position)
                        position += 1
                    }
                }
            }
        }
    }
}
