import Foundation
import JSONText

/// The plan that a collection follows, and where it stands.
public struct PlanFile: Sendable {
    public var plan: CollectionPlan
    /// Of a manifest; nil for a plan alone.
    public let seed: UInt64?
    /// What stands before a key in messages: `plan.json: `, or `runs/manifest.json: plan.`.
    public let place: String

    public static let standard = PlanFile(plan: .standard, seed: nil, place: "the standard plan: ")

    private init(plan: CollectionPlan, seed: UInt64?, place: String) {
        (self.plan, self.seed, self.place) = (plan, seed, place)
    }

    /// - Parameter path: of a plan, of a manifest, or of the folder of a collection.
    /// - Throws: `cannotRead`, `json`, `trajectoryInvalid`.
    public init(contentsOf path: String) throws(TrainingError) {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let file = isThere && isFolder.boolValue ? "\(path)/\(CollectionManifest.fileName)" : path
        guard let inManifest = try Self.planOfManifest(file) else {
            self.init(plan: try CollectionPlan(contentsOf: file), seed: nil, place: "\(file): ")
            return
        }
        do throws(JSONError) {
            try CollectionPlan.form.check(inManifest, key: Self.key, file: file)
        } catch {
            throw .json(error)
        }
        let manifest = try CollectionManifest(contentsOf: file)
        self.init(plan: manifest.plan, seed: manifest.seed, place: "\(file): \(Self.key).")
    }

    private static let key = "plan"

    /// Nil for a file that is no manifest.
    private static func planOfManifest(_ file: String) throws(TrainingError) -> JSONValue? {
        let bytes = try readFile(file)
        do throws(JSONError) {
            guard case .object(let members) = try JSONValue(parsing: bytes, file: file), members["families"] == nil
            else { return nil }
            return members[key]
        } catch {
            throw .json(error)
        }
    }
}
