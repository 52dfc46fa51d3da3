/// How a `DTensor` was cut: the whole tensor's shape, the sizes of the mesh of ranks, and for each of its axes which
/// axis of the tensor it cuts.
struct TensorPart: Sendable {
    /// Of the whole tensor.
    let shape: [Int]
    let mesh: [Int]
    /// For each axis of the mesh the tensor's axis that is cut along it; nil where ranks hold the same.
    let cuts: [Int?]

    private static let rebuild = "torch._tensor._rebuild_from_type_v2"
    private static let typeName = "torch.distributed.tensor.DTensor"

    /// The rank's own tensor and how it was cut, if a value is a `DTensor` of a kind that can be put together.
    static func parse(_ value: PlainValue) -> (local: TorchTensor, part: TensorPart)? {
        guard case .opaque(rebuild, let arguments, _) = value, arguments.count >= 4,
            case .opaque(let type, _, _) = arguments[1], type == typeName || type.hasSuffix(".DTensor"),
            case let state = attributes(of: arguments[3]), case .tensor(let local)? = state["_local_tensor"],
            let spec = state["_spec"], let shape = spec["tensor_meta"]?.firstSizes,
            let mesh = spec["mesh"].flatMap(meshSizes), TensorInfo.bitCount(shape, local.dtype) != nil
        else { return nil }
        let placements: [PlainValue]
        switch spec["placements"] {
        case .tuple(let items)?, .list(let items)?: placements = items
        default: return nil
        }
        guard placements.count == mesh.count else { return nil }
        var cuts: [Int?] = []
        for placement in placements {
            guard case .opaque(let name, _, let state) = placement else { return nil }
            if name.hasSuffix(".Replicate") {
                cuts.append(nil)
            } else if name.hasSuffix(".Shard"), let axis = state["dim"]?.int, shape.indices.contains(axis) {
                cuts.append(axis)
            } else {
                return nil
            }
        }
        return (local, TensorPart(shape: shape, mesh: mesh, cuts: cuts))
    }

    /// A state is a dictionary of attributes, or a pair of one and the slots.
    private static func attributes(of state: PlainValue) -> PlainValue {
        guard case .tuple(let items) = state else { return state }
        return items.first { $0.entries != nil } ?? state
    }

    /// Sizes of a `DeviceMesh`: newer ones keep a layout, older ones a tensor of ranks.
    private static func meshSizes(_ mesh: PlainValue) -> [Int]? {
        if case .tensor(let ranks)? = mesh["mesh"] { return ranks.shape }
        guard let layout = mesh["_layout"] else { return nil }
        if let sizes = layout["shape"]?.sizes ?? layout["_shape"]?.sizes { return sizes }
        switch layout["axes"] {
        case .tuple(let axes)?, .list(let axes)?:
            let sizes = axes.compactMap { $0["shape"]?.sizes.flatMap(TensorInfo.product) }
            return sizes.count == axes.count ? sizes : nil
        default: return nil
        }
    }

    /// The part of a rank; ranks count row by row through the mesh.
    ///
    /// - Throws: `unsupportedTensor` for a mesh of another size.
    func box(ofRank rank: Int, of count: Int, tensor: String, file: String) throws(CheckpointError) -> (
        origin: [Int], shape: [Int]
    ) {
        guard mesh.allSatisfy({ $0 > 0 && $0 <= count }), mesh.reduce(1, { min($0 * $1, count + 1) }) == count else {
            throw .unsupportedTensor(
                file: file, tensor: tensor, found: "a part for a mesh \(mesh) of ranks, not \(count)")
        }
        var (origin, size) = ([Int](repeating: 0, count: shape.count), shape)
        var ranks = count
        for (axis, cut) in zip(mesh, cuts) {
            ranks /= axis
            guard let cut else { continue }
            let coordinate = rank / ranks % axis
            let piece = size[cut] / axis + (size[cut] % axis == 0 ? 0 : 1)
            let product = coordinate.multipliedReportingOverflow(by: piece)
            let start = product.overflow ? size[cut] : min(product.partialValue, size[cut])
            origin[cut] += start
            size[cut] = min(piece, size[cut] - start)
        }
        return (origin, size)
    }
}

extension PlainValue {
    /// The first list of sizes among what a named tuple was made of, or its `shape`.
    fileprivate var firstSizes: [Int]? {
        guard case .opaque(_, let arguments, let state) = self else { return nil }
        return arguments.first?.sizes ?? state["shape"]?.sizes
    }
}
