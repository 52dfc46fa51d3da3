import Foundation

/// Tells one computation from another: files by place, size and time of their last change, and choices.
struct StepFingerprint {
    let text: String

    /// - Parameter inputs: files, folders of shards, or names that are no path (then the name itself counts).
    init(inputs: [String], choices: String) {
        var parts = [choices]
        for input in inputs {
            let url = URL(fileURLWithPath: input).resolvingSymlinksInPath()
            let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
            let shards = input.hasSuffix(".json") || isFolder
            let folder = isFolder ? url : url.deletingLastPathComponent()
            var beside: [String] = []
            if shards {
                if let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) {
                    beside = names.filter { $0.hasSuffix(".safetensors") }.sorted()
                } else {
                    // Files that cannot be listed cannot be told from others: such work always begins anew.
                    parts.append("\(folder.path) \(UInt64.random(in: 0...UInt64.max))")
                }
            }
            for file in [url] + beside.map(folder.appendingPathComponent) {
                var status = stat()
                if stat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO {
                    // What a pipe gave, nobody can tell a second time: such work always begins anew.
                    parts.append("\(file.path) \(UInt64.random(in: 0...UInt64.max))")
                    continue
                }
                let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
                let changed = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
                parts.append("\(file.path) \(attributes?[.size] ?? 0) \(changed ?? 0)")
            }
        }
        text = parts.joined(separator: " | ")
    }
}
