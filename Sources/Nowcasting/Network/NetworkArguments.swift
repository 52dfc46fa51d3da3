import Foundation

/// `model_args` of a checkpoint: what its author set; everything else follows from the weights or is the default.
/// Source: nino-model.md 3.
public struct NetworkArguments: Sendable, Equatable, Decodable {
    public var contextLength: Int?
    public var width: Int?
    public var layers: Int?
    public var usesGraph: Bool?
    public var slots: Int?
    public var horizons: Int?
    public var usesWordPositions: Bool?
    public var vocabulary: Int?
    public var edgeTypes: Int?
    public var encodingWidth: Int?
    public var scaleMethod: String?
    public var updateScale: Float?

    enum CodingKeys: String, CodingKey {
        case contextLength = "ctx"
        case width = "hid"
        case layers
        case usesGraph = "gnn"
        case slots = "max_feat_size"
        case horizons = "seq_len"
        case usesWordPositions = "wte_pos_enc"
        case vocabulary = "vocab"
        case edgeTypes = "edge_types"
        case encodingWidth = "lpe"
        case scaleMethod = "scale_method"
        case updateScale = "upd_scale"
    }

    public init() {}

    /// - Parameter json: a JSON object, as in the metadata of a safetensors checkpoint.
    /// - Throws: `argumentsUnreadable`.
    public init(json: String) throws(NowcastError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
        } catch {
            throw .argumentsUnreadable(found: json)
        }
    }

    /// Refuses what changes the meaning of a nowcast and is not built.
    func checkMeaning() throws(NowcastError) {
        if let scaleMethod, scaleMethod != "std" {
            throw .argument(name: CodingKeys.scaleMethod.rawValue, expected: "std", found: scaleMethod)
        }
        try check(contextLength, is: StateHistory.contextLength, .contextLength)
        if let updateScale, !updateScale.isFinite {
            throw .argument(name: CodingKeys.updateScale.rawValue, expected: "a finite number", found: "\(updateScale)")
        }
    }

    /// An argument that is given must agree with the weights.
    func check<Value: Equatable & Sendable>(_ given: Value?, is found: Value, _ key: CodingKeys) throws(NowcastError) {
        if let given, given != found {
            throw .argument(name: key.rawValue, expected: "\(found), as the weights have it", found: "\(given)")
        }
    }
}
