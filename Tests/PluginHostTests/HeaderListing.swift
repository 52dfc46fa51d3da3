import Foundation
import TestSupport
import Testing

/// What a header declares: constants, types and tables, with the offset and size of every field as the compiler lays
/// them out. Comments and spaces do not count.
struct HeaderListing {
    let text: String

    /// - Parameter header: the text of `nino_plugin.h`, or of a changed one.
    init(of header: String) throws {
        let code = try Self.withoutComments(header)
        let structs = try Self.structs(in: code)
        let layout = try Self.layout(of: structs, header: header)
        let constants = code.components(separatedBy: "\n").filter {
            $0.firstMatch(of: /^#define NINO_(?!EXPORT|RETAIN)\w+ [^\\]+$/) != nil
        }
        .map { Self.onOneLine(String($0.dropFirst("#define ".count))) }
        let names = code.matches(of: /typedef ([^{};]+);/).map { "type " + Self.onOneLine(String($0.output.1)) }
        let exported = code.matches(of: /NINO_EXPORT ([^;{]+);/).map {
            "exports " + Self.onOneLine(String($0.output.1))
        }
        text = (constants.map { "constant " + $0 } + names + layout + exported).joined(separator: "\n") + "\n"
    }

    private struct Table {
        let name: String
        let fields: [String]

        static func name(of field: String) -> String {
            if let pointer = field.firstMatch(of: /\(\*(\w+)\)/) { return String(pointer.output.1) }
            return String(field.firstMatch(of: /(\w+)(\[\w+\])?$/)!.output.1)
        }
    }

    private static func withoutComments(_ header: String) throws -> String {
        header.replacing(try Regex(#"(?s)/\*.*?\*/"#), with: "")
    }

    private static func structs(in code: String) throws -> [Table] {
        code.matches(of: /struct (\w+) \{([^}]*)\}/).map { match in
            let fields = match.output.2.split(separator: ";").map { onOneLine(String($0)) }.filter { !$0.isEmpty }
            return Table(name: String(match.output.1), fields: fields)
        }
    }

    /// One line a table and one a field: offset, size, declaration.
    private static func layout(of tables: [Table], header: String) throws -> [String] {
        let folder = TemporaryFolder()
        folder.write(header, to: "nino_plugin.h")
        var program = "#include <stddef.h>\n#include <stdio.h>\n#include \"nino_plugin.h\"\nint main(void) {\n"
        for table in tables {
            program += "printf(\"%zu\\n\", sizeof(struct \(table.name)));\n"
            for name in table.fields.map(Table.name) {
                program += "printf(\"%4zu %4zu\\n\", offsetof(struct \(table.name), \(name)), "
                program += "sizeof(((struct \(table.name) *)0)->\(name)));\n"
            }
        }
        folder.write(program + "}\n", to: "layout.c")
        try Tool.run("clang", folder + "layout.c", "-o", folder + "layout")
        var lines = try Tool.run(folder + "layout").split(separator: "\n")[...]
        return tables.flatMap { table in
            ["table \(table.name) \(lines.removeFirst())"] + table.fields.map { "  \(lines.removeFirst())  \($0)" }
        }
    }

    private static func onOneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

/// A program of the machine, run to its end.
enum Tool {
    /// - Returns: its standard output.
    @discardableResult static func run(_ arguments: String...) throws -> String { try run(arguments) }

    @discardableResult static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(arguments.joined(separator: " "))")
        return String(decoding: output, as: UTF8.self)
    }
}
