/// An average of a run's weights that is judged beside them, by the names of `--averages`.
public enum AverageKind: Hashable, Sendable {
    /// `ema:D`: exponential moving average, a ← D a + (1 - D) w after every update.
    case exponential(decay: Double)
    /// `lawa:N`: mean of the last N states, `LatestWeightsAverage.interval` updates apart (Kaddour 2022,
    /// arXiv 2209.14981).
    case latest(count: Int)

    /// What names may be.
    static let allowed = "ema:DECAY with a decay between 0 and 1, lawa:N with N from 2 to 100"

    /// - Throws: `invalidSetting`.
    public init(named name: String) throws(TrainingError) {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2, parts[0] == "ema", let decay = Double(parts[1]), decay > 0, decay < 1 {
            self = .exponential(decay: decay)
        } else if parts.count == 2, parts[0] == "lawa", let count = Int(parts[1]), (2...100).contains(count) {
            self = .latest(count: count)
        } else {
            throw .invalidSetting(name: "--averages", allowed: Self.allowed, found: name)
        }
    }

    public var name: String {
        switch self {
        case .exponential(let decay): "ema:\(decay)"
        case .latest(let count): "lawa:\(count)"
        }
    }

    /// As people write it.
    public var title: String {
        switch self {
        case .exponential(let decay): "EMA \(decay)"
        case .latest(let count): "LAWA \(count)"
        }
    }
}

extension AverageKind: Codable {
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        do {
            try self.init(named: name)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
