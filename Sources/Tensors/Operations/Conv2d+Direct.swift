import CKernels

/// A convolution of one group as products of overlapping windows (`nino_tile_product`): nothing is unfolded.
///
/// With X the image in a padded copy, W the weights as [taps, out] and G the gradient as [positions, out]:
/// output [positions, out] = windows of X · W; gradient of W [taps, out] = Σ over images of shifts of X · G;
/// gradient of X [pixels, in] = windows of padded G · mirrored W.
struct DirectConvolution {
    /// What may be read behind the last element of a padded image.
    private static let slack = 32

    let size: ConvolutionSizes
    private let hasReLU: Bool
    private let kernelHeight, kernelWidth, stride: Int
    private let paddedHeight, paddedWidth: Int
    private let top, left: Int
    /// Offset of each tap in the padded image, and of each position's first tap.
    private let tapOffsets, positionOffsets: [Int32]
    /// The same in the padded gradient, for each pixel of the image.
    private let gradientTapOffsets, pixelOffsets: [Int32]

    /// Input and output channels rounded up to whole registers.
    private var inputColumns: Int { (size.inputChannels + 15) / 16 * 16 }
    private var outputColumns: Int { (size.outputChannels + 15) / 16 * 16 }
    private var paddedCount: Int { size.inputChannels * paddedHeight * paddedWidth + Self.slack }

    /// Nil where unfolding is better: groups, large steps, large kernels.
    init?(_ operation: Conv2d, _ size: ConvolutionSizes) {
        let geometry = size.geometry
        let window = operation.window
        (kernelHeight, kernelWidth) = (Int(geometry.kernel_height), Int(geometry.kernel_width))
        guard size.groups == 1, kernelHeight <= 7, kernelWidth <= 7, window.dilation == [1, 1],
            window.stride[0] == window.stride[1],
            window.stride[0] <= 2
        else { return nil }
        stride = window.stride[0]
        (top, left) = (window.padding[0], window.padding[1])
        (paddedHeight, paddedWidth) = (
            Int(geometry.height) + top + window.padding[2], Int(geometry.width) + left + window.padding[3]
        )
        self.size = size
        hasReLU = operation.hasReLU
        guard size.inputChannels * paddedHeight * paddedWidth <= Int(Int32.max) else { return nil }
        tapOffsets = Self.offsets(
            [size.inputChannels, kernelHeight, kernelWidth], [paddedHeight * paddedWidth, paddedWidth, 1])
        positionOffsets = Self.offsets(
            [Int(geometry.output_height), Int(geometry.output_width)], [stride * paddedWidth, stride])
        let (gradientHeight, gradientWidth) = (
            Int(geometry.height) + kernelHeight - 1, Int(geometry.width) + kernelWidth - 1
        )
        guard size.outputChannels * gradientHeight * gradientWidth <= Int(Int32.max) else { return nil }
        gradientTapOffsets = Self.offsets(
            [size.outputChannels, kernelHeight, kernelWidth], [gradientHeight * gradientWidth, gradientWidth, 1])
        pixelOffsets = Self.offsets([Int(geometry.height), Int(geometry.width)], [gradientWidth, 1])
    }

    /// Whether the gradient of the image has this form too: steps of 1, and no more padding than the kernel reaches
    /// over.
    var canPullbackImage: Bool {
        stride == 1 && top < kernelHeight && left < kernelWidth
            && paddedHeight - top - Int(size.geometry.height) < kernelHeight
            && paddedWidth - left - Int(size.geometry.width) < kernelWidth
    }

    private static func offsets(_ sizes: [Int], _ strides: [Int]) -> [Int32] {
        zip(sizes, strides).reduce([0]) { list, axis in
            list.flatMap { start in (0..<axis.0).map { start + Int32($0 * axis.1) } }
        }
    }

    // MARK: Forward

    func forward(_ inputs: [Value], into output: Tensor, _ context: OperationContext) throws(TensorError) {
        let (x, weight) = (inputs[0].floats.address, inputs[1].floats.address)
        let threads = Parallel.threads
        let padded = try borderedScratch(0, count: paddedCount, threads, context)
        let products = try context.transient(0, count: threads * size.positions * outputColumns)
        let weights = try context.transient(1, count: size.taps * outputColumns)
        let bias = try context.transient(2, count: outputColumns)
        bias.update(repeating: 0, count: outputColumns)
        if inputs.count == 3 { bias.update(from: inputs[2].floats.address, count: size.outputChannels) }
        let finish = nino_tile_finish_t(bias: bias, relu: hasReLU ? 1 : 0, accumulate: 0)
        nino_transpose(
            weight, Int64(size.outputChannels), Int64(size.taps), Int64(size.taps), weights, Int64(outputColumns))
        Parallel.forEachWithWorker(size.images, workers: threads) { image, worker in
            let padded = padded + worker * roundUp(paddedCount)
            let product = products + worker * size.positions * outputColumns
            pad(x + image * size.inputCount, into: padded)
            nino_prefetch(output.address + image * size.outputCount, Int64(size.outputCount))
            windows(
                positionOffsets, run: Int(size.geometry.output_width), step: stride, of: padded, tapOffsets,
                weights, columns: outputColumns, product, finish)
            nino_transpose(
                product, Int64(size.positions), Int64(size.outputChannels), Int64(outputColumns),
                output.address + image * size.outputCount, Int64(size.positions))
        }
    }

    /// Padded copies, one for each worker. Fresh scratch is zero and only the inside is ever written, so borders stay
    /// zero.
    private func borderedScratch(_ slot: Int, count: Int, _ threads: Int, _ context: OperationContext)
        throws(TensorError) -> UnsafeMutablePointer<Float>
    {
        try context.kept(slot, count: threads * roundUp(count))
    }

    private func pad(_ image: UnsafePointer<Float>, into padded: UnsafeMutablePointer<Float>) {
        nino_pad_image(
            image, Int64(size.inputChannels), size.geometry.height, size.geometry.width, Int64(top), Int64(left),
            Int64(paddedHeight), Int64(paddedWidth), padded)
    }

    private func windows(
        _ rowOffsets: [Int32], run: Int, step: Int, of a: UnsafePointer<Float>, _ termOffsets: [Int32],
        _ b: UnsafePointer<Float>, columns: Int, _ c: UnsafeMutablePointer<Float>, _ finish: nino_tile_finish_t
    ) {
        rowOffsets.withUnsafeBufferPointer { offsets in
            var rows = nino_tile_rows_t(
                offset: offsets.baseAddress, count: Int64(offsets.count), run_length: Int64(run), step: Int64(step))
            withUnsafePointer(to: finish) {
                nino_tile_product(&rows, a, termOffsets, Int64(termOffsets.count), b, Int64(columns), c, $0)
            }
        }
    }

    // MARK: Backward

    /// Scratch of one worker.
    private struct BackwardScratch {
        /// The gradient behind the ReLU; its transpose; the gradient of the image as [pixels, in], and as [in, pixels].
        let masked, transposed, product, transposedProduct: UnsafeMutablePointer<Float>
        let padded, paddedGradient: UnsafeMutablePointer<Float>
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        _ context: OperationContext
    ) throws(TensorError) {
        let threads = Parallel.threads
        let padded = try borderedScratch(0, count: paddedCount, threads, context)
        let paddedGradient = try borderedScratch(1, count: paddedGradientCount, threads, context)
        let counts = [size.outputCount, size.positions * outputColumns, size.pixels * inputColumns, size.inputCount]
            .map(roundUp)
        let perWorker = counts.reduce(0, +)
        let scratch = try context.transient(0, count: threads * perWorker)
        let mirrored = try context.transient(1, count: size.outputChannels * kernelHeight * kernelWidth * inputColumns)
        let sumCount = size.taps * outputColumns
        let partial = try context.transient(2, count: size.tiles * (sumCount + size.outputChannels))
        let biasPartial = partial + size.tiles * sumCount
        let biasTarget = targets.count == 3 ? targets[2] : nil
        if targets[0] != nil { mirrorWeights(inputs[1].floats.address, into: mirrored) }
        Parallel.forEachWithWorker(size.tiles, workers: threads) { tile, worker in
            let masked = scratch + worker * perWorker
            let mine = BackwardScratch(
                masked: masked, transposed: masked + counts[0], product: masked + counts[0] + counts[1],
                transposedProduct: masked + counts[0] + counts[1] + counts[2],
                padded: padded + worker * roundUp(paddedCount),
                paddedGradient: paddedGradient + worker * roundUp(paddedGradientCount))
            let first = tile * size.imagesPerTile
            for image in first..<min(first + size.imagesPerTile, size.images) {
                let dy = maskedGradient(gradient, output, image, mine)
                if let target = targets[0] { pullbackImage(dy, mirrored, mine, target, image) }
                if targets[1] != nil {
                    let x = inputs[0].floats.address + image * size.inputCount
                    pullbackWeight(dy, x, mine, into: partial + tile * sumCount, accumulate: image > first)
                }
                if biasTarget != nil {
                    pullbackBias(dy, into: biasPartial + tile * size.outputChannels, accumulate: image > first)
                }
            }
        }
        if let target = targets[1] { try gatherWeightGradient(partial, into: target, context) }
        if let target = biasTarget {
            columnSums(biasPartial, rows: size.tiles, columns: size.outputChannels, into: target)
        }
    }

    private func maskedGradient(_ gradient: Tensor, _ output: Tensor, _ image: Int, _ scratch: BackwardScratch)
        -> UnsafePointer<Float>
    {
        let dy = gradient.address + image * size.outputCount
        guard hasReLU else { return UnsafePointer(dy) }
        nino_relu_pullback(output.address + image * size.outputCount, dy, scratch.masked, Int64(size.outputCount), 0)
        return UnsafePointer(scratch.masked)
    }

    private var paddedGradientHeight: Int { Int(size.geometry.height) + kernelHeight - 1 }
    private var paddedGradientWidth: Int { Int(size.geometry.width) + kernelWidth - 1 }
    private var paddedGradientCount: Int {
        size.outputChannels * paddedGradientHeight * paddedGradientWidth + Self.slack
    }

    /// mirrored[(out, ky, kx), in] = weight[out, in, height - 1 - ky, width - 1 - kx]
    private func mirrorWeights(_ weight: UnsafePointer<Float>, into mirrored: UnsafeMutablePointer<Float>) {
        let kernel = kernelHeight * kernelWidth
        for output in 0..<size.outputChannels {
            for input in 0..<size.inputChannels {
                let source = weight + (output * size.inputChannels + input) * kernel
                for tap in 0..<kernel {
                    mirrored[(output * kernel + kernel - 1 - tap) * inputColumns + input] = source[tap]
                }
            }
        }
    }

    private func pullbackImage(
        _ dy: UnsafePointer<Float>, _ mirrored: UnsafePointer<Float>, _ scratch: BackwardScratch,
        _ target: GradientTarget, _ image: Int
    ) {
        let (height, width) = (paddedGradientHeight, paddedGradientWidth)
        nino_pad_image(
            dy, Int64(size.outputChannels), size.geometry.output_height, size.geometry.output_width,
            Int64(kernelHeight - 1 - top), Int64(kernelWidth - 1 - left), Int64(height), Int64(width),
            scratch.paddedGradient)
        nino_prefetch(target.address + image * size.inputCount, Int64(size.inputCount))
        windows(
            pixelOffsets, run: Int(size.geometry.width), step: 1, of: scratch.paddedGradient, gradientTapOffsets,
            mirrored, columns: inputColumns, scratch.product, nino_tile_finish_t())
        transpose(
            scratch.product, rows: size.pixels, columns: size.inputChannels, stride: inputColumns,
            scratch: scratch.transposedProduct,
            into: target.address + image * size.inputCount, accumulate: target.beta != 0)
    }

    private func pullbackWeight(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ scratch: BackwardScratch,
        into sum: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        nino_transpose(
            dy, Int64(size.outputChannels), Int64(size.positions), Int64(size.positions), scratch.transposed,
            Int64(outputColumns))
        pad(x, into: scratch.padded)
        windows(
            tapOffsets, run: kernelWidth, step: 1, of: scratch.padded, positionOffsets,
            scratch.transposed, columns: outputColumns, sum,
            nino_tile_finish_t(bias: nil, relu: 0, accumulate: accumulate ? 1 : 0))
    }

    private func pullbackBias(_ dy: UnsafePointer<Float>, into sum: UnsafeMutablePointer<Float>, accumulate: Bool) {
        for channel in 0..<size.outputChannels {
            let total = Float(nino_sum(dy + channel * size.positions, Int64(size.positions)))
            sum[channel] = (accumulate ? sum[channel] : 0) + total
        }
    }

    /// The partial sums [tiles][taps, out] added in order and transposed to [out, taps].
    private func gatherWeightGradient(
        _ partial: UnsafeMutablePointer<Float>, into target: GradientTarget,
        _ context: OperationContext
    ) throws(TensorError) {
        let total = try context.transient(3, count: size.taps * outputColumns)
        columnSums(partial, rows: size.tiles, columns: size.taps * outputColumns, into: total, accumulate: 0)
        let transposed = try context.transient(4, count: size.weightCount)
        transpose(
            total, rows: size.taps, columns: size.outputChannels, stride: outputColumns, scratch: transposed,
            into: target.address, accumulate: target.beta != 0)
    }

    /// out [columns, rows] := accumulate · out + xᵀ
    private func transpose(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, scratch: UnsafeMutablePointer<Float>,
        into out: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        nino_transpose(x, Int64(rows), Int64(columns), Int64(stride), accumulate ? scratch : out, Int64(rows))
        if accumulate { nino_add(out, scratch, out, Int64(rows * columns)) }
    }
}

/// To whole cache lines.
private func roundUp(_ count: Int) -> Int {
    (count + 15) / 16 * 16
}
