extension Linear {
    /// One of several equal parts of a layer's rows; or all of them.
    struct Part {
        let linear: Linear
        let index, count: Int

        var axis: Axis { count == 1 ? linear.output : linear.output.part(index, of: count) }
        private var first: Int { index * axis.size }

        /// Scalars of the weight from one neuron that is read to the next.
        var inputStride: Int { linear.layout == .outFirst ? 1 : linear.output.size }
        /// Scalars of the weight from one row to the next.
        var rowStride: Int { linear.layout == .outFirst ? linear.input.size : 1 }
        /// Scalars of the weight in front of its own.
        var offset: Int { first * rowStride }

        var bias: Stage.Vector? {
            linear.bias.map {
                Stage.Vector(
                    parameter: $0, type: .bias, place: .bias(linear.order), offset: first, count: axis.size,
                    name: count == 1 ? $0 : "\($0) \(index)")
            }
        }

        /// What this part makes of a stage.
        func pending(_ input: Stage) -> Stage.Pending {
            Stage.Pending(input: input, bias: bias, part: self) { graph, input, output in
                if let channels = input.current.unflattened {
                    input.current.unflattened = nil
                    graph.fan(.before(linear.order), input.name, .residual, from: channels, to: input)
                }
                graph.edges(.weight(linear.order), from: input, to: output) { builder, from, to in
                    try builder.edges(
                        linear.weight, .linear, from: from, to: to, offset: offset,
                        fromLevels: [IndexLevel(from.count, stride: inputStride)],
                        toLevels: [IndexLevel(to.count, stride: rowStride)])
                }
            }
        }
    }

    /// Equal parts of a layer's result, where nothing has read or changed it yet.
    static func split(_ stage: Stage, _ count: Int) throws -> [Stage] {
        guard let pending = stage.pending, let part = pending.part, part.count == 1, pending.norms.isEmpty,
            part.linear.output.size.isMultiple(of: count)
        else {
            throw PluginError(
                status: NINO_FAILED, message: "\(stage.name): expected the result of a Linear to split in \(count)")
        }
        return (0..<count).map { index in
            let piece = Part(linear: part.linear, index: index, count: count)
            let result = Stage("\(stage.name) \(index)", piece.axis)
            result.pending = piece.pending(pending.input)
            return result
        }
    }
}
