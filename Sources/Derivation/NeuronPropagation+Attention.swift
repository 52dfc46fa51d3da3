import NeuralGraphs
import Tensors

/// Heads, and what queries, keys and values come from.
extension NeuronPropagation {
    /// Which positions of which parameters queries, keys and values come from, before attention makes their labels one.
    mutating func noteRoles(_ index: Int, _ operation: any Operation, _ flow: AxisFlow, _ inputs: [[Int]]) {
        if operation.name == "attention" {
            for (input, type) in zip(inputs, [EdgeType.query, .key, .value]) { noteRole(type, of: input[2]) }
        } else if products.scores[index] != nil {
            let units = flow.inputs[0].last!
            noteRole(.query, of: inputs[0].last!)
            if let axis = flow.inputs[1].firstIndex(of: units) { noteRole(.key, of: inputs[1][axis]) }
        } else if let output = products.outputs[index] {
            let kept = flow.output.suffix(2).filter { !flow.inputs[1 - output.values].contains($0) }
            for (axis, number) in zip(flow.inputs[output.values], inputs[output.values]) where kept.contains(axis) {
                noteRole(.value, of: number)
            }
        }
    }

    private mutating func noteRole(_ type: EdgeType, of axis: Int) {
        // The innermost labels are the units of a head; heads may be those of queries, keys and values at once.
        let wanted = Set(table.axes[axis].compactMap { $0.labels.last { table.size($0) > 1 } })
        for (name, axis) in tensors(with: Array(wanted)) {
            for piece in table.axes[tensors[name]![axis]] where piece.labels.contains(where: wanted.contains) {
                roles[name, default: []].append(
                    Role(
                        parameter: name, axis: axis, offset: piece.offset,
                        digits: piece.digits.map { (table.size($0.label), $0.stride) }, type: type))
            }
        }
    }

    mutating func noteAttention(
        _ index: Int, _ operation: any Operation, _ flow: AxisFlow, _ indices: [Int]
    ) {
        func axis(_ indexes: [Int]) -> Int { table.add(table.product(indexes.map { table.axes[indices[$0]] })) }
        if operation.name == "attention" {
            let (queries, outputs) = (flow.inputs[0][2][0], flow.output[2][0])
            attentions.append(
                Attention(
                    queries: (axis(Array(queries.dropLast())), axis(queries.suffix(1))),
                    values: (axis(Array(outputs.dropLast())), axis(outputs.suffix(1)))))
        } else if let product = products.scores[index] {
            attentionOfProduct[product] = attentions.count
            attentions.append(
                Attention(
                    queries: (axis(flow.inputs[0].dropLast(2).flatMap { $0[0] }), axis(flow.inputs[0].last![0]))))
        } else if let output = products.outputs[index], let number = attentionOfProduct[output.number] {
            let units = flow.output[flow.output.count - (output.values == 1 ? 1 : 2)][0]
            attentions[number].values = (axis(flow.output.dropLast(2).flatMap { $0[0] }), axis(units))
        }
    }
}
