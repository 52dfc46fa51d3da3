import Checkpoints
import Foundation
import JSONText

/// What a collection's folder holds, and all it takes to make it again: `manifest.json`.
public struct CollectionManifest: Codable, Sendable, Equatable {
    public static let fileName = "manifest.json"
    static let format = "nino.collection/1"

    /// A run that is done.
    public struct Entry: Codable, Sendable, Equatable {
        public let run: CollectionRun
        /// The trajectory's file; nil for a run that diverged.
        public let file: String?
        public let parameters: Int
        /// What the run came to, for people.
        public let outcome: String
    }

    public let format: String
    public let version: String
    public let seed: UInt64
    public let plan: CollectionPlan
    /// Identity of each task's data.
    public var data: [String: String]
    /// In the order of families and numbers.
    public var runs: [Entry]

    public init(version: String, seed: UInt64, plan: CollectionPlan, data: [String: String]) {
        format = Self.format
        (self.version, self.seed, self.plan, self.data, runs) = (version, seed, plan, data, [])
    }

    /// - Parameter path: of the file, or of the folder that holds it.
    /// - Throws: `cannotRead`, `trajectoryInvalid`.
    public init(contentsOf path: String) throws(TrainingError) {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let file = isThere && isFolder.boolValue ? "\(path)/\(Self.fileName)" : path
        let bytes = try readFile(file)
        do throws(JSONError) {
            self = try JSONText.decode(from: bytes, file: file)
        } catch {
            throw .json(error)
        }
        guard format == Self.format else {
            throw .trajectoryInvalid(file: file, key: "format", expected: Self.format, found: format.shown())
        }
    }

    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let data = try encoder.encode(self)
        try AtomicFile.write(String(decoding: data, as: UTF8.self) + "\n", to: "\(folder)/\(Self.fileName)")
    }

    /// Enters runs whose trajectory is there, though whoever made it was ended before the manifest said so.
    mutating func adopt(_ wanted: [CollectionRun], in folder: String) {
        let known = Set(runs.map(\.run.fileName))
        for run in wanted where !known.contains(run.fileName) {
            guard let found = try? Trajectory(opening: "\(folder)/\(run.fileName)"), found.run == run else { continue }
            add(Entry(run: run, file: run.fileName, parameters: found.parameters.count, outcome: found.outcome))
        }
    }

    mutating func add(_ entry: Entry) {
        runs.append(entry)
        let order = Dictionary(uniqueKeysWithValues: plan.families.map(\.name).enumerated().map { ($1, $0) })
        runs.sort { (order[$0.run.family] ?? 0, $0.run.index) < (order[$1.run.family] ?? 0, $1.run.index) }
    }
}
