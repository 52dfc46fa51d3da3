/// Which names a pickle may apply. None is ever called: those in the list are carried as opaque values, the rest are
/// refused, because a file that applies them was made to run code.
enum InertGlobals {
    /// Modules whose constructors only make data, with all their submodules.
    private static let modules = [
        "torch", "numpy", "collections", "datetime", "pathlib", "argparse", "copyreg", "copy_reg", "_codecs", "decimal",
        "fractions", "uuid", "enum",
    ]

    /// Constructors of plain types, from modules that also hold dangerous functions.
    private static let names: Set<String> = [
        "types.SimpleNamespace", "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.bytes",
        "builtins.complex",
        "builtins.range", "builtins.slice", "builtins.object", "builtins.list", "builtins.tuple", "builtins.dict",
        "builtins.int", "builtins.float", "builtins.str", "builtins.bool",
    ]

    /// - Parameter name: with a dot in it, the name would be looked up through the module's imports
    ///   (`torch.serialization`, `os.system`): refused.
    static func mayBeApplied(module: String, name: String) -> Bool {
        guard !name.utf8.contains(UInt8(ascii: ".")) else { return false }
        return names.contains("\(module).\(name)") || modules.contains { module == $0 || module.hasPrefix($0 + ".") }
    }

    /// The module under which Python 3 knows it.
    static func canonical(module: String) -> String {
        module == "__builtin__" ? "builtins" : module
    }
}
