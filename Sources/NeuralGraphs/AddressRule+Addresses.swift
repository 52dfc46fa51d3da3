extension AddressRule {
    /// Address of each index of one side, relative to `offset`.
    ///
    /// - Returns: as many numbers as the extents multiply to, in index order.
    public static func addresses(of levels: [IndexLevel]) -> [Int] {
        var addresses = [0]
        for level in levels {
            addresses = addresses.flatMap { base in (0..<level.extent).map { base + $0 * level.stride } }
        }
        return addresses
    }

    /// The largest address any edge reaches, or nil on overflow.
    var lastAddress: Int? {
        (from + to).reduce(checkedSum(offset, slots - 1)) { sum, level in
            guard let sum, let span = checkedProduct(level.extent - 1, level.stride) else { return nil }
            return checkedSum(sum, span)
        }
    }

    /// The same levels with neighbours joined wherever the outer one only continues the inner one, and without extents
    /// of 1.
    public static func joined(_ levels: [IndexLevel]) -> [IndexLevel] {
        var result: [IndexLevel] = []
        for level in levels where level.extent > 1 {
            if let outer = result.last, outer.stride == level.extent * level.stride {
                result[result.count - 1] = IndexLevel(extent: outer.extent * level.extent, stride: level.stride)
            } else {
                result.append(level)
            }
        }
        return result
    }
}
