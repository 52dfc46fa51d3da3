import Checkpoints
import TestSupport
import Testing

/// Pickles made to harm: each must end in an error, soon, and none may run anything.
struct UnpicklerTests {
    let folder = TemporaryFolder()
    let tensor = Pickle.tensor("0", [1])

    /// Opens an archive whose state dict is good and whose entry `extra` is the given value.
    func open(_ extra: [UInt8]) throws(CheckpointError) -> Checkpoint {
        try openPickle(Pickle.file(Pickle.dict([("model", Pickle.dict([("w", tensor)])), ("extra", extra)])))
    }

    func openPickle(_ pickle: [UInt8]) throws(CheckpointError) -> Checkpoint {
        try Checkpoint(opening: folder.archive("f.pt", pickle: pickle, storages: [("0", [0, 0, 0, 0])]))
    }

    var file: String { folder + "f.pt" }

    func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"),
        ("subprocess", "Popen"),
        ("shutil", "rmtree"), ("runpy", "_run_code"), ("torchevil", "load"), ("torch.serialization", "os.system"),
        ("my.module", "function"),
    ])
    func callsOfAnythingThatCouldRunAreRefusedWherever(_ module: String, _ name: String) {
        let error = CheckpointError.forbiddenGlobal(file: file, global: "\(module).\(name)")
        let call = Pickle.call(module, name, [Pickle.string("touch /tmp/x")])
        #expect(throws: error) { try open(call) }
        #expect(throws: error) {
            try open(Pickle.list([Pickle.dict([("x", Pickle.tuple([Pickle.int(1), Pickle.list([call])]))])]))
        }
        #expect(throws: error) { try open(Pickle.object("argparse", "Namespace", [("x", call)])) }
        #expect(throws: error) { try open(Pickle.call("collections", "deque", [call])) }
        // The old opcodes for the same thing, and the new one for names.
        #expect(throws: error) { try open(text("(") + Pickle.string("x") + text("i\(module)\n\(name)\n")) }
        #expect(throws: error) { try open(text("(") + Pickle.global(module, name) + Pickle.string("x") + text("o")) }
        #expect(throws: error) {
            try open(Pickle.string(module) + Pickle.string(name) + [0x93] + Pickle.tuple([]) + text("R"))
        }
    }

    @Test func pythonTwosBuiltinsAreBuiltins() {
        #expect(throws: CheckpointError.forbiddenGlobal(file: file, global: "builtins.eval")) {
            try open(Pickle.call("__builtin__", "eval", [Pickle.string("1")]))
        }
    }

    @Test(arguments: [
        ("torch", "Size"), ("numpy", "dtype"), ("collections", "Counter"), ("pathlib", "PosixPath"),
        ("datetime", "datetime"),
    ])
    func callsOfInertTypesAreOpaque(_ module: String, _ name: String) throws {
        let value = try open(Pickle.call(module, name, [Pickle.int(1)])).value("extra")
        #expect(value == .opaque(name: "\(module).\(name)", arguments: [.int(1)], state: .none))
    }

    @Test func namesAloneAreNeverCalled() throws {
        #expect(
            try open(Pickle.global("os", "system")).value("extra")
                == .opaque(name: "os.system", arguments: [], state: .none))
    }

    @Test func resultOfACallCannotBeCalled() {
        #expect(throws: CheckpointError.forbiddenGlobal(file: file, global: "torch.x")) {
            try open(Pickle.call("torch", "x", []) + text(")R"))
        }
    }

    @Test func valuesOfEveryProtocolRead() throws {
        let string: [UInt8] = [0x8C, 1] + text("s")
        let bytes: [UInt8] = [UInt8(ascii: "C"), 2, 1, 2]
        let set: [UInt8] = [0x8F, UInt8(ascii: "("), UInt8(ascii: "K"), 1, 0x90]
        let memoized: [UInt8] = [
            UInt8(ascii: "]"), 0x94, UInt8(ascii: "h"), 0, UInt8(ascii: "K"), 9, UInt8(ascii: "a"), UInt8(ascii: "0"),
        ]
        let long: [UInt8] = [0x8A, 2, 0x00, 0xFF]
        let value = Pickle.tuple([
            string, bytes, set, long, [0x88], Pickle.float(-0.5), Pickle.dict([(Pickle.int(1), Pickle.int(2))]),
        ])
        for version: UInt8 in 2...5 {
            let pickle = Pickle.file(
                memoized + text("0") + Pickle.dict([("w", tensor), ("extra", value)]), version: version)
            #expect(
                try openPickle(pickle).value("extra")
                    == .tuple([
                        .string("s"), .bytes([1, 2]), .set([.int(1)]), .int(-256), .bool(true), .float(-0.5),
                        .dict([.init(key: .int(1), value: .int(2))]),
                    ]))
        }
    }

    @Test func listFilledAfterItIsSharedIsFullEverywhere() throws {
        // ([], same) with 5 appended to the second mention.
        let value: [UInt8] = text("(]q") + [7] + text("h") + [7] + text("K") + [5] + text("at")
        #expect(try open(value).value("extra") == .tuple([.list([.int(5)]), .list([.int(5)])]))
    }

    @Test func malformedPicklesAreErrors() {
        let bodies: [[UInt8]] = [
            [], text("."), text("}(s."), text("t."), [UInt8(ascii: "h"), 5] + text("."),
            text("]q") + [0] + text("h") + [0] + text("a."),
            text("}q") + [0] + Pickle.string("a") + text("h") + [0] + text("s."), [0xEE] + text("."),
            [0x82, 1] + text("."),
            [UInt8(ascii: "X"), 2, 0, 0, 0, 0xFF, 0xFE] + text("."), [0x8B, 0xFF, 0xFF, 0xFF, 0x7F] + text("."),
            [0x8B, 0xFF, 0xFF, 0xFF, 0xFF] + text("."),
            [0x8D] + [UInt8](repeating: 0xFF, count: 8) + text("."), [0x8E] + littleEndian([Int64.max]) + text("."),
            text("}K") + [1] + text("a."),
            text("N}b."), text("Ku."), text("(K") + [1] + text("d."), Pickle.string("a") + text("Q."),
            Pickle.global("torch", "x") + text("K") + [1] + text("R."),
            text("c") + [UInt8](repeating: 97, count: 5000) + text("\n\n."),
        ]
        for body in bodies {
            #expect(throws: CheckpointError.self) { try openPickle([0x80, 2] + body) }
        }
        for pickle in [[], [0x80, 1], [0x80, 6] + text("}."), text("(dp0\n.")] {
            #expect(
                throws: CheckpointError.badPickle(file: file, offset: 0, cause: "expected a pickle of protocol 2 to 5")
            ) { try openPickle(pickle) }
        }
    }

    @Test func everyPrefixOfAGoodPickleIsAnError() throws {
        let pickle = Pickle.file(
            Pickle.dict([("model", Pickle.orderedDict([("w", tensor)])), ("step", Pickle.int(1))]))
        #expect(try openPickle(pickle).tensors.count == 1)
        for length in 0..<pickle.count {
            #expect(throws: CheckpointError.self) { try openPickle(Array(pickle.prefix(length))) }
        }
    }

    /// Any byte changed to any of a few others: an error or a checkpoint, never a trap.
    @Test func damagedPicklesNeverTrap() {
        let pickle = Pickle.file(
            Pickle.dict([
                ("model", Pickle.orderedDict([("w", tensor)])),
                ("args", Pickle.object("argparse", "Namespace", [("x", Pickle.list([Pickle.int(1)]))])),
            ]))
        for position in pickle.indices {
            for byte: UInt8 in [0, 0x28, 0x52, 0x62, 0x65, 0x71, 0x75, 0x81, 0x85, 0xFF] {
                var damaged = pickle
                damaged[position] = byte
                do {
                    let checkpoint = try openPickle(damaged)
                    for tensor in checkpoint.tensors { _ = try? checkpoint.floats(tensor.name) }
                } catch {
                    #expect(!"\(error)".isEmpty)
                }
            }
        }
    }

    @Test func bombsHitABoundSoon() {
        let nested = text("N") + [UInt8](repeating: 0x85, count: 1_000_000)
        #expect(throws: CheckpointError.pickleLimit(file: file, what: "levels of nesting", limit: 200)) {
            try open(nested)
        }
        let lists =
            [UInt8](repeating: UInt8(ascii: "]"), count: 300_000)
            + [UInt8](repeating: UInt8(ascii: "a"), count: 299_999)
        #expect(throws: CheckpointError.pickleLimit(file: file, what: "levels of nesting", limit: 200)) {
            try open(lists)
        }
        // x = (x, x), a hundred times: 2^100 leaves.
        let doubling = text("N") + (0..<100).flatMap { _ in [UInt8(ascii: "2"), 0x86] }
        #expect(
            throws: CheckpointError.pickleLimit(
                file: file, what: "values with shared ones counted each time", limit: 1 << 24)
        ) {
            try open(doubling)
        }
        let longText =
            Pickle.string(String(repeating: "x", count: 1 << 20)) + (0..<20).flatMap { _ in [UInt8(ascii: "2"), 0x86] }
        #expect(
            throws: CheckpointError.pickleLimit(
                file: file, what: "values with shared ones counted each time", limit: 1 << 24)
        ) {
            try open(longText)
        }
        let marks = [UInt8](repeating: UInt8(ascii: "("), count: 100_000)
        #expect(throws: CheckpointError.pickleLimit(file: file, what: "open marks", limit: 1 << 16)) { try open(marks) }
        // The twin: what real checkpoints do stays well inside.
        let modest = text("N") + [UInt8](repeating: 0x85, count: 100)
        #expect(throws: Never.self) { try open(modest) }
    }

    private func keep(_ index: UInt8) -> [UInt8] { [UInt8(ascii: "q"), index, UInt8(ascii: "0")] }
    private func recall(_ index: UInt8) -> [UInt8] { [UInt8(ascii: "h"), index] }

    /// Leaves room for fewer than 2^16 elements, by sets that are made of one tuple again and again. Memo: 1 the tuple,
    /// of 2^16 elements, 2 arguments of it, 3 the class.
    private var crowd: [UInt8] {
        var bytes: [UInt8] = text("(N") + [UInt8](repeating: UInt8(ascii: "2"), count: 65_535) + text("t")
        bytes += keep(1)
        bytes += recall(1) + [0x85]
        bytes += keep(2)
        bytes += Pickle.global("builtins", "set")
        bytes += keep(3)
        let set = recall(3) + recall(2) + text("R0")
        for _ in 0..<510 { bytes += set }
        return bytes
    }

    @Test func copiesHitABoundSoon() {
        let many = [UInt8](repeating: UInt8(ascii: "2"), count: 65_535)
        let letters = Pickle.string(String(repeating: "x", count: 1 << 20))
        let object: [UInt8] = recall(4) + [UInt8(ascii: ")"), 0x81, UInt8(ascii: "0")]
        let objects = [[UInt8]](repeating: object, count: 600).flatMap { $0 }
        let copies: [[UInt8]] = [
            recall(3) + recall(2) + text("R"),
            Pickle.global("collections", "OrderedDict") + recall(2) + text("R"),
            Pickle.global("torch", "x") + recall(1) + text("}") + [0x92],
            text("](N") + many + text("e"),
            Pickle.call("_codecs", "encode", [letters, Pickle.string("latin1")]),
            Pickle.global(String(repeating: "x", count: 1000), "y") + keep(4) + objects + text("N"),
        ]
        for copy in copies {
            #expect(throws: CheckpointError.pickleLimit(file: file, what: "elements", limit: 1 << 25)) {
                try open(crowd + copy)
            }
        }
        // The twin: what is copied once.
        #expect(throws: Never.self) { try open(crowd + text("N")) }
    }

    @Test func longListsReadInLinearTime() throws {
        let count = 200_000
        let list = text("]") + (0..<count).flatMap { _ in [UInt8(ascii: "K"), 1, UInt8(ascii: "a")] }
        let start = ThreadTime.now
        guard case .list(let items)? = try open(list).value("extra") else { return #expect(Bool(false), "no list") }
        #expect(items.count == count)
        // Copying the list at every append would move 80 GB.
        #expect(ThreadTime.now - start < .seconds(5))
    }
}
