extension StringProtocol {
    /// Fit to stand in a message: control characters as escapes, so that they are seen and do nothing, and a long text
    /// cut, with its length.
    public func shown(limit: Int = 80) -> String {
        var result = ""
        var count = 0
        for scalar in unicodeScalars {
            count += 1
            guard count <= limit else { continue }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += scalar == "\n" ? "\\n" : scalar == "\t" ? "\\t" : "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return count > limit ? "\(result)… (\(count) characters)" : result
    }
}
