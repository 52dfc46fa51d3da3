import Tensors

/// Constant part of a stream's scale and shift: [H] each.
struct EdgeConstants {
    let scale: [Float]
    let shift: [Float]

    /// - Parameter isTyped: true before the first update, where types and constant edges count; later they have been absorbed.
    init(_ convolution: FoldedNetwork.Convolution, _ stream: EdgeStream, isTyped: Bool, width: Int) {
        guard isTyped else {
            (scale, shift) = (convolution.scaleConstants, convolution.shiftConstants)
            return
        }
        let row = stream.type.rawValue * width
        func constant(_ constants: [Float], _ inputs: [Float]) -> [Float] {
            (0..<width).map { constants[row + $0] + stream.constant * statesSum(inputs, column: $0, width: width) }
        }
        scale = constant(convolution.scaleConstants, convolution.scale)
        shift = constant(convolution.shiftConstants, convolution.shift)
    }
}

/// Sum over the five states of slot 0 of a column of an input matrix: what a constant in slot 0 multiplies.
func statesSum(_ inputs: [Float], column: Int, width: Int) -> Float {
    (0..<StateHistory.contextLength).reduce(0) { $0 + inputs[$1 * width + column] }
}

/// Sums over the incoming edges of a tile's targets, in double precision.
struct MessageSums {
    /// Everything multiplied by the source's values: [targets, H].
    let messages: UnsafeMutablePointer<Double>
    /// Sum of the edges' inputs: [targets, inputCount].
    let inputs: UnsafeMutablePointer<Double>
    let inputCount: Int
    private let targets: Int
    private let width: Int
    /// Incoming edges of each target.
    private(set) var edges = 0.0
    private(set) var scaleConstants: [Double]
    private(set) var shiftConstants: [Double]

    init(_ tile: TilePlan.TargetTile, width: Int, inputs: Int, scratch: TileScratch) {
        messages = scratch.zeros(.messages, tile.targets.count * width)
        self.inputs = scratch.zeros(.inputs, tile.targets.count * inputs)
        (inputCount, targets, self.width) = (inputs, tile.targets.count, width)
        scaleConstants = [Double](repeating: 0, count: width)
        shiftConstants = [Double](repeating: 0, count: width)
    }

    /// - Parameter states: [channels, targets, fanIn].
    func addInputs(_ states: UnsafePointer<Float>, channels: Int, fanIn: Int) {
        for channel in 0..<channels {
            for target in 0..<targets {
                let row = states + (channel * targets + target) * fanIn
                inputs[target * inputCount + channel] += (0..<fanIn).reduce(0.0) { $0 + Double(row[$1]) }
            }
        }
    }

    /// What all edges of a stream add whatever they carry.
    mutating func addConstants(_ constants: EdgeConstants, _ stream: EdgeStream, _ tile: TilePlan.TargetTile, values: Tensor, blockSums: [Float]) {
        let count = Double(stream.fanIn)
        edges += count
        for h in 0..<width {
            scaleConstants[h] += count * Double(constants.scale[h])
            shiftConstants[h] += count * Double(constants.shift[h])
        }
        for (row, target) in tile.targets.enumerated() {
            switch stream.joining {
            case .dense: add(constants.scale, times: blockSums, from: stream.sourceBlock * width, row: row)
            case .fan(let fan):
                let source = stream.sources.lowerBound + (target - stream.targets.lowerBound) / fan
                for h in 0..<width { messages[row * width + h] += Double(constants.scale[h]) * Double(values.values[source * width + h]) }
            }
        }
    }

    private func add(_ scale: [Float], times sums: [Float], from first: Int, row: Int) {
        for h in 0..<width { messages[row * width + h] += Double(scale[h]) * Double(sums[first + h]) }
    }
}
