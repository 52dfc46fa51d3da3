import Foundation
import Glibc

/// What a child process may open for reading: what this user can read, but for places that hold secrets or lead to
/// other processes. Libraries need more than one would think, and lie anywhere.
///
/// Left out are hidden files and folders of the user's home, all other homes, `/run`, and of `/dev` all but the devices
/// that give zeros and random numbers; added is what the task was given, wherever it lies.
package struct ReadablePlaces {
    private let homes: Set<String>
    /// Folders in which nothing but homes lies.
    private let foldersOfHomes: Set<String>
    private let list: (String) -> [String]

    private static let left = ["/dev", "/run", "/lost+found"]
    private static let devices = ["null", "zero", "full", "random", "urandom"].map { "/dev/\($0)" }

    /// - Parameters:
    ///   - homes: of the user, links resolved.
    ///   - list: names in a folder.
    package init(homes: [String], list: @escaping (String) -> [String]) {
        self.homes = Set(homes).subtracting(["/"])
        foldersOfHomes = Set(self.homes.map(Self.parent) + ["/home"]).subtracting(["/"])
        self.list = list
    }

    /// Those of this user.
    package static var current: ReadablePlaces {
        let named = [
            getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) }, getenv("HOME").map { String(cString: $0) },
        ]
        return ReadablePlaces(homes: named.compactMap { $0.map(resolved) }) {
            (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []
        }
    }

    /// - Parameter files: what the task was given: files, each with its folder, unless that is a home or holds one.
    package func paths(for files: [String]) -> [String] {
        let given = files.map(Self.resolved)
        let folders = given.map(Self.parent).filter { folder in
            folder != "/" && !homes.contains { $0 == folder || $0.hasPrefix("\(folder)/") }
        }
        return Self.devices + visible("/") + given + Set(folders).sorted()
    }

    private func visible(_ folder: String) -> [String] {
        list(folder).sorted().flatMap { name -> [String] in
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            if Self.left.contains(path) || homes.contains(folder) && name.hasPrefix(".") { return [] }
            if homes.contains(path) || homes.contains(where: { $0.hasPrefix("\(path)/") }) { return visible(path) }
            if foldersOfHomes.contains(path) || foldersOfHomes.contains(folder) { return [] }
            return [path]
        }
    }

    private static func parent(_ path: String) -> String {
        let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        return parent.isEmpty ? "/" : String(parent)
    }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension ReadablePlaces {
    /// What this program itself is made of, and where the loader looks for libraries.
    package static var program: [String] {
        let folder = PluginDirectories.executableFolder.path
        let searched =
            getenv("LD_LIBRARY_PATH").map { String(cString: $0).split(separator: ":").map { "\($0)/." } } ?? []
        return ["\(folder)/nino", "\(folder)/../lib/."] + searched
    }
}
