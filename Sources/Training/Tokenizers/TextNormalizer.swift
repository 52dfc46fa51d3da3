import Foundation
import JSONText

/// What is done to a text before it is cut into words.
struct TextNormalizer: Sendable {
    private enum Step: Sendable {
        case composed, decomposed, compatible, compatibleDecomposed, lowercase, stripAccents
        /// Control characters go, every blank becomes a space.
        case clean
        /// Blanks around Chinese characters, which stand for words.
        case separateChinese
    }

    private let steps: [Step]

    /// - Parameter value: null for none.
    init(_ value: TokenizerValue) throws(JSONError) {
        steps = try Self.steps(value)
    }

    private static func steps(_ value: TokenizerValue) throws(JSONError) -> [Step] {
        guard !value.isMissing else { return [] }
        switch try value["type"].text {
        case "Sequence":
            var all: [Step] = []
            for item in try value["normalizers"].list { all += try steps(item) }
            return all
        case "NFC": return [.composed]
        case "NFD": return [.decomposed]
        case "NFKC": return [.compatible]
        case "NFKD": return [.compatibleDecomposed]
        case "Lowercase": return [.lowercase]
        case "StripAccents": return [.stripAccents]
        case "BertNormalizer":
            let isLower = try value["lowercase"].flag(otherwise: true)
            var all: [Step] = try value["clean_text"].flag(otherwise: true) ? [.clean] : []
            if try value["handle_chinese_chars"].flag(otherwise: true) { all.append(.separateChinese) }
            if try value["strip_accents"].flag(otherwise: isLower) { all += [.decomposed, .stripAccents] }
            return isLower ? all + [.lowercase] : all
        case let type:
            throw value["type"].error(
                expected: "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, BertNormalizer or a Sequence of them",
                found: type)
        }
    }

    func normalized(_ text: String) -> String {
        steps.reduce(text) { text, step in
            switch step {
            case .composed: text.precomposedStringWithCanonicalMapping
            case .decomposed: text.decomposedStringWithCanonicalMapping
            case .compatible: text.precomposedStringWithCompatibilityMapping
            case .compatibleDecomposed: text.decomposedStringWithCompatibilityMapping
            case .lowercase: Self.mapped(text) { Array($0.properties.lowercaseMapping.unicodeScalars) }
            case .stripAccents: Self.mapped(text) { $0.properties.generalCategory == .nonspacingMark ? [] : [$0] }
            case .clean: Self.mapped(text, Self.cleaned)
            case .separateChinese: Self.mapped(text) { Self.isChinese($0) ? [" ", $0, " "] : [$0] }
            }
        }
    }

    private static func mapped(_ text: String, _ replace: (Unicode.Scalar) -> [Unicode.Scalar]) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(contentsOf: replace(scalar)) }
        return String(result)
    }

    private static func cleaned(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if ["\t", "\n", "\r"].contains(scalar) { return [" "] }
        if scalar.value == 0 || scalar.value == 0xFFFD { return [] }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .unassigned: return []
        default: return scalar.properties.isWhitespace ? [" "] : [scalar]
        }
    }

    private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
        let blocks: [ClosedRange<UInt32>] = [
            0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F,
        ]
        return blocks.contains { $0.contains(scalar.value) }
    }
}
