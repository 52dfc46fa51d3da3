import CKernels

/// Any convolution, by unfolding each image into a matrix [taps, positions] and multiplying (im2col).
extension Conv2d {
    func columnForward(_ size: ConvolutionSizes, _ inputs: [Value], _ output: Tensor, _ context: OperationContext)
        throws(TensorError)
    {
        let (x, weight) = (inputs[0].floats.address, inputs[1].floats.address)
        let bias = inputs.count == 3 ? inputs[2].floats.address : nil
        let columnCount = size.taps * size.positions
        let threads = Parallel.threads
        let scratch = try context.transient(0, count: threads * columnCount)
        Parallel.forEachWithWorker(size.images * size.groups, workers: threads) { index, worker in
            let columns = scratch + worker * columnCount
            let group = index % size.groups
            withUnsafePointer(to: size.geometry) {
                nino_im2col(x + index * size.inputChannels * size.pixels, $0, columns, Int64(size.positions))
            }
            let y = output.address + index * size.outputChannels * size.positions
            gemm(
                m: size.outputChannels, n: size.positions, k: size.taps,
                weight + group * size.outputChannels * size.taps, lda: size.taps,
                columns, ldb: size.positions, y, ldc: size.positions)
            if let bias {
                for channel in 0..<size.outputChannels {
                    nino_add_scalar(
                        bias[group * size.outputChannels + channel], y + channel * size.positions, Int64(size.positions)
                    )
                }
            }
            if hasReLU { nino_relu(y, y, Int64(size.outputChannels * size.positions)) }
        }
    }

    func columnPullback(
        _ size: ConvolutionSizes, _ gradient: Tensor, _ output: Tensor, _ inputs: [Value], _ targets: [GradientTarget?],
        _ context: OperationContext
    ) throws(TensorError) {
        let columnCount = size.taps * size.positions
        let perWorker = columnCount + size.outputCount
        let threads = Parallel.threads
        let scratch = try context.transient(0, count: threads * perWorker)
        let partial = try context.transient(
            1, count: size.tiles * (size.weightCount + size.groups * size.outputChannels))
        let biasPartial = partial + size.tiles * size.weightCount
        let biasTarget = targets.count == 3 ? targets[2] : nil
        Parallel.forEachWithWorker(size.tiles, workers: threads) { tile, worker in
            let columns = scratch + worker * perWorker
            let first = tile * size.imagesPerTile
            for image in first..<min(first + size.imagesPerTile, size.images) {
                var dy = UnsafePointer(gradient.address + image * size.outputCount)
                if hasReLU {
                    nino_relu_pullback(
                        output.address + image * size.outputCount, dy, columns + columnCount, Int64(size.outputCount), 0
                    )
                    dy = UnsafePointer(columns + columnCount)
                }
                if let target = targets[0] { pullbackImage(size, dy, inputs[1].floats.address, columns, target, image) }
                let beta: Float = image == first ? 0 : 1
                if targets[1] != nil {
                    pullbackWeight(
                        size, dy, inputs[0].floats.address + image * size.inputCount, columns,
                        partial + tile * size.weightCount, beta)
                }
                if biasTarget != nil {
                    pullbackBias(size, dy, biasPartial + tile * size.groups * size.outputChannels, beta)
                }
            }
        }
        if let target = targets[1] { columnSums(partial, rows: size.tiles, columns: size.weightCount, into: target) }
        if let target = biasTarget {
            columnSums(biasPartial, rows: size.tiles, columns: size.groups * size.outputChannels, into: target)
        }
    }

    private func pullbackImage(
        _ size: ConvolutionSizes, _ dy: UnsafePointer<Float>, _ weight: UnsafePointer<Float>,
        _ columns: UnsafeMutablePointer<Float>, _ target: GradientTarget, _ image: Int
    ) {
        let dx = target.address + image * size.inputCount
        if target.beta == 0 { dx.update(repeating: 0, count: size.inputCount) }
        for group in 0..<size.groups {
            gemm(
                transposeA: true, m: size.taps, n: size.positions, k: size.outputChannels,
                weight + group * size.outputChannels * size.taps, lda: size.taps,
                dy + group * size.outputChannels * size.positions, ldb: size.positions, columns, ldc: size.positions)
            withUnsafePointer(to: size.geometry) {
                nino_col2im(columns, $0, dx + group * size.inputChannels * size.pixels, Int64(size.positions))
            }
        }
    }

    private func pullbackWeight(
        _ size: ConvolutionSizes, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ columns: UnsafeMutablePointer<Float>, _ sum: UnsafeMutablePointer<Float>, _ beta: Float
    ) {
        for group in 0..<size.groups {
            withUnsafePointer(to: size.geometry) {
                nino_im2col(x + group * size.inputChannels * size.pixels, $0, columns, Int64(size.positions))
            }
            gemm(
                transposeB: true, m: size.outputChannels, n: size.taps, k: size.positions,
                dy + group * size.outputChannels * size.positions, lda: size.positions, columns, ldb: size.positions,
                beta: beta, sum + group * size.outputChannels * size.taps, ldc: size.taps)
        }
    }

    private func pullbackBias(
        _ size: ConvolutionSizes, _ dy: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>, _ beta: Float
    ) {
        for channel in 0..<(size.groups * size.outputChannels) {
            let total = Float(nino_sum(dy + channel * size.positions, Int64(size.positions)))
            sum[channel] = (beta == 0 ? 0 : sum[channel]) + total
        }
    }
}
