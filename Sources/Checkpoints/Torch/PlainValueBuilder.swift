/// Turns the graph of values a pickle made into a tree.
///
/// Values that are shared stay shared in memory but count each time they appear: a few hundred bytes can describe a
/// tree of 2^100 leaves, on which anything that walks it would hang.
struct PlainValueBuilder {
    private struct Built {
        let value: PlainValue
        /// Values inside, itself included; text counts by its length.
        let size: Int
        /// Levels, itself included.
        let height: Int
    }

    private let arena: PickleArena
    private let file: String
    private var done: [PickleReference: Built] = [:]
    private var open: Set<PickleReference> = []
    /// Elements of all containers so far: each counts at least once in the whole.
    private var elementCount = 0

    init(arena: PickleArena, file: String) {
        self.arena = arena
        self.file = file
    }

    /// - Throws: `badPickle` if a container holds itself; `pickleLimit` beyond the bounds on depth and size.
    mutating func build(_ root: PickleReference) throws(CheckpointError) -> PlainValue {
        try built(root, depth: 1).value
    }

    private mutating func built(_ reference: PickleReference, depth: Int) throws(CheckpointError) -> Built {
        if let leaf = leaf(reference) { return Built(value: leaf, size: PlainValueBuilder.size(of: leaf), height: 1) }
        if let built = done[reference] {
            guard depth + built.height - 1 <= PickleLimits.depth else { throw tooDeep() }
            return built
        }
        guard depth < PickleLimits.depth else { throw tooDeep() }
        guard open.insert(reference).inserted else {
            throw .badPickle(file: file, offset: 0, cause: "a container that holds itself")
        }
        let result = try container(reference, depth: depth)
        guard result.size <= PickleLimits.values else { throw tooLarge() }
        open.remove(reference)
        done[reference] = result
        return result
    }

    private func leaf(_ reference: PickleReference) -> PlainValue? {
        switch arena.nodes[Int(reference)] {
        case .none: PlainValue.none
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .float(let value): .float(value)
        case .string(let value): .string(value)
        case .bytes(let value): .bytes(value)
        case .bigInteger(let digits): .opaque(name: "builtins.int", arguments: [.bytes(digits)], state: .none)
        case .global(let index): .opaque(name: arena.globals[Int(index)].fullName, arguments: [], state: .none)
        case .storage(let index): .opaque(name: arena.storages[Int(index)].typeName, arguments: [], state: .none)
        case .tensor(let index): .tensor(arena.tensors[Int(index)])
        case .list, .tuple, .set, .dict, .orderedDict, .object: nil
        }
    }

    /// Text and names count one value for every 8 bytes: a long string that is shared a million times must not become a
    /// million strings.
    private static func size(of leaf: PlainValue) -> Int {
        switch leaf {
        case .string(let text), .opaque(let text, _, _): 1 + text.utf8.count / 8
        case .bytes(let bytes): 1 + bytes.count / 8
        default: 1
        }
    }

    private mutating func container(_ reference: PickleReference, depth: Int) throws(CheckpointError) -> Built {
        var size = 1
        var height = 1
        let items = arena.children(of: reference)
        func sum(_ items: [PickleReference], _ builder: inout PlainValueBuilder) throws(CheckpointError) -> [PlainValue]
        {
            builder.elementCount += items.count
            guard builder.elementCount <= PickleLimits.values else { throw builder.tooLarge() }
            var values: [PlainValue] = []
            values.reserveCapacity(items.count)
            for item in items {
                let built = try builder.built(item, depth: depth + 1)
                size += built.size
                height = max(height, built.height + 1)
                values.append(built.value)
            }
            return values
        }
        let value: PlainValue
        switch arena.nodes[Int(reference)] {
        case .list: value = .list(try sum(items, &self))
        case .tuple: value = .tuple(try sum(items, &self))
        case .set: value = .set(try sum(items, &self))
        case .dict: value = .dict(entries(try sum(items, &self)))
        case .orderedDict: value = .orderedDict(entries(try sum(items, &self)))
        case .object(let index):
            let object = arena.objects[Int(index)]
            size += object.name.utf8.count / 8
            let arguments = try sum(object.arguments, &self)
            var parts: [PlainValue] = try sum(object.state.map { [$0] } ?? [], &self)
            if !object.items.isEmpty { parts.append(.list(try sum(object.items, &self))) }
            if !object.entries.isEmpty { parts.append(.dict(entries(try sum(object.entries, &self)))) }
            value = .opaque(
                name: object.name, arguments: arguments, state: parts.count > 1 ? .tuple(parts) : parts.first ?? .none)
        default: preconditionFailure("value \(reference) is no container")
        }
        return Built(value: value, size: size, height: height)
    }

    private func entries(_ items: [PlainValue]) -> [PlainValue.Entry] {
        stride(from: 0, to: items.count, by: 2).map { PlainValue.Entry(key: items[$0], value: items[$0 + 1]) }
    }

    private func tooLarge() -> CheckpointError {
        .pickleLimit(file: file, what: "values with shared ones counted each time", limit: PickleLimits.values)
    }

    private func tooDeep() -> CheckpointError {
        .pickleLimit(file: file, what: "levels of nesting", limit: PickleLimits.depth)
    }
}
