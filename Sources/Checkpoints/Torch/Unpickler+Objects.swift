/// Opcodes that name classes, make instances, and refer to storages. Nothing here runs anything.
extension Unpickler {
    private static let storageTypes: [String: DType] = [
        "FloatStorage": .f32, "DoubleStorage": .f64, "HalfStorage": .f16, "BFloat16Storage": .bf16, "LongStorage": .i64,
        "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8, "BoolStorage": .bool,
        "ComplexFloatStorage": .c64,
    ]

    mutating func readObject(_ opcode: UInt8) throws(CheckpointError) -> Bool {
        switch opcode {
        case UInt8(ascii: "c"):
            let module = try line()
            try pushGlobal(module: module, name: line())
        case 0x93:
            let names = try pop(2)
            try pushGlobal(module: string(names[0], "a module"), name: string(names[1], "a name"))
        case UInt8(ascii: "R"):
            let operands = try pop(2)
            try apply(operands[0], to: tuple(operands[1], "arguments"))
        case UInt8(ascii: "i"):
            let module = try line()
            try pushGlobal(module: module, name: line())
            try apply(pop(), to: popToMark())
        case UInt8(ascii: "o"):
            let operands = try popToMark()
            guard let callee = operands.first else { throw failure("no class to make an object of") }
            try apply(callee, to: Array(operands.dropFirst()))
        case 0x81:
            let operands = try pop(2)
            try make(operands[0], with: tuple(operands[1], "arguments"))
        case 0x92:
            let operands = try pop(3)
            try make(operands[0], with: tuple(operands[1], "arguments") + [operands[2]])
        case UInt8(ascii: "b"): try setState(pop())
        case UInt8(ascii: "Q"): try pushStorage(tuple(pop(), "a persistent id"))
        default: return false
        }
        return true
    }

    private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
        guard module.utf8.count <= PickleLimits.name, name.utf8.count <= PickleLimits.name else {
            throw .pickleLimit(file: file, what: "bytes in a name", limit: PickleLimits.name)
        }
        try push(.global(Int32(arena.globals.count)))
        arena.globals.append(PickleGlobal(module: InertGlobals.canonical(module: module), name: name))
    }

    /// REDUCE: a function or class applied to arguments.
    private mutating func apply(_ callee: PickleReference, to arguments: [PickleReference]) throws(CheckpointError) {
        guard case .global(let index) = node(callee) else {
            if case .object(let index) = node(callee) {
                throw .forbiddenGlobal(file: file, global: arena.objects[Int(index)].name)
            }
            throw failure("a call of something that has no name")
        }
        let global = arena.globals[Int(index)]
        switch global.fullName {
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor": try pushTensor(global, arguments)
        case "torch._utils._rebuild_tensor_v3" where arguments.count >= 7: try pushTypedTensor(global, arguments)
        case "torch._utils._rebuild_parameter":
            guard let tensor = arguments.first, case .tensor = node(tensor) else {
                return try pushObject(global, arguments)
            }
            stack.append(tensor)
        case "collections.OrderedDict": try push(PickleNode.orderedDict, of: orderedEntries(arguments))
        case "builtins.set", "builtins.frozenset":
            try push(PickleNode.set, of: arguments.first.map(arena.children(of:)) ?? [])
        case "_codecs.encode":
            guard let bytes = try latin1Bytes(arguments) else { return try pushObject(global, arguments) }
            try push(.bytes(bytes))
        default:
            guard InertGlobals.mayBeApplied(module: global.module, name: global.name) else {
                throw .forbiddenGlobal(file: file, global: global.fullName)
            }
            try pushObject(global, arguments)
        }
    }

    /// NEWOBJ: an empty instance, its constructor not run.
    private mutating func make(_ callee: PickleReference, with arguments: [PickleReference]) throws(CheckpointError) {
        let global = try global(callee, "the class of an object")
        if global.fullName == "collections.OrderedDict" {
            try push(PickleNode.orderedDict, of: [])
        } else {
            try pushObject(global, arguments)
        }
    }

    private mutating func pushObject(_ global: PickleGlobal, _ arguments: [PickleReference]) throws(CheckpointError) {
        let name = global.fullName
        try add(elements: arguments.count)
        try add(text: name)
        try push(.object(Int32(arena.objects.count)))
        arena.objects.append(PickleObject(name: name, arguments: arguments))
    }

    /// `OrderedDict()` or, from Python 2, `OrderedDict([[key, value], …])`.
    private mutating func orderedEntries(_ arguments: [PickleReference]) throws(CheckpointError) -> [PickleReference] {
        guard let argument = arguments.first else { return [] }
        let pairs = arena.children(of: argument)
        try add(elements: 2 * pairs.count)
        var entries: [PickleReference] = []
        for pair in pairs {
            let items = arena.children(of: pair)
            guard items.count == 2 else { throw failure("an OrderedDict made of something other than pairs") }
            entries += items
        }
        return entries
    }

    /// How protocol 2 writes bytes: `encode("text", "latin1")`. nil for anything else.
    private mutating func latin1Bytes(_ arguments: [PickleReference]) throws(CheckpointError) -> [UInt8]? {
        guard arguments.count == 2, case .string(let text) = node(arguments[0]),
            case .string("latin1") = node(arguments[1])
        else { return nil }
        try add(text: text)
        let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
        return bytes.count == text.unicodeScalars.count ? bytes : nil
    }

    /// BUILD: attributes for the object on top of the stack.
    private mutating func setState(_ state: PickleReference) throws(CheckpointError) {
        switch node(try top()) {
        case .object(let index): arena.objects[Int(index)].state = state
        // Attributes of a state dict (`_metadata`) or of a tensor carry no parameters.
        case .orderedDict, .tensor: break
        default: throw failure("attributes set on something that has none")
        }
    }

    /// `('storage', torch.FloatStorage, key, device, count)`.
    private mutating func pushStorage(_ identifier: [PickleReference]) throws(CheckpointError) {
        guard identifier.count >= 5, case .string("storage") = node(identifier[0]) else {
            throw failure("a persistent id that names no storage")
        }
        let type = try global(identifier[1], "the class of a storage")
        let storage = PickleStorage(
            typeName: type.fullName, dtype: type.module == "torch" ? Unpickler.storageTypes[type.name] : nil,
            key: try string(identifier[2], "the key of a storage"),
            count: try count(identifier[4], "the size of a storage"))
        try add(text: storage.typeName)
        try push(.storage(Int32(arena.storages.count)))
        arena.storages.append(storage)
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`; version 1 ends after the strides.
    private mutating func pushTensor(_ global: PickleGlobal, _ arguments: [PickleReference]) throws(CheckpointError) {
        guard arguments.count >= 4, case .storage(let index) = node(arguments[0]) else {
            throw failure("a tensor without storage, offset, shape and strides")
        }
        let storage = arena.storages[Int(index)]
        guard let dtype = storage.dtype else { return try pushObject(global, arguments) }
        try pushTensor(arguments, of: storage, dtype, count: storage.count)
    }

    /// `_rebuild_tensor_v3(storage, offset, shape, strides, requires_grad, hooks, dtype, metadata)`: the storage counts
    /// bytes.
    private mutating func pushTypedTensor(_ global: PickleGlobal, _ arguments: [PickleReference])
        throws(CheckpointError)
    {
        guard case .storage(let index) = node(arguments[0]), case .global(let type) = node(arguments[6]),
            let dtype = DType(torch: arena.globals[Int(type)].fullName), let size = dtype.size
        else { return try pushObject(global, arguments) }
        let storage = arena.storages[Int(index)]
        guard storage.count % size == 0 else {
            throw failure("a storage of \(storage.count) bytes for \(dtype.rawValue)")
        }
        try pushTensor(arguments, of: storage, dtype, count: storage.count / size)
    }

    private mutating func pushTensor(
        _ arguments: [PickleReference], of storage: PickleStorage, _ dtype: DType, count storageCount: Int
    ) throws(CheckpointError) {
        let shape = try counts(arguments[2], "the shape of a tensor")
        let strides = try counts(arguments[3], "the strides of a tensor")
        guard shape.count == strides.count else { throw failure("\(shape.count) axes but \(strides.count) strides") }
        try add(elements: shape.count + strides.count)
        try push(.tensor(Int32(arena.tensors.count)))
        arena.tensors.append(
            TorchTensor(
                storage: storage.key, dtype: dtype, storageCount: storageCount,
                offset: try count(arguments[1], "the offset of a tensor"), shape: shape, strides: strides))
    }
}
