/// a + b, or nil on overflow.
func checkedSum(_ a: Int, _ b: Int) -> Int? {
    let (value, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : value
}

/// a · b, or nil on overflow.
func checkedProduct(_ a: Int, _ b: Int) -> Int? {
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : value
}

/// The product of all numbers (1 for none), or nil on overflow.
func checkedProduct(_ numbers: [Int]) -> Int? {
    numbers.reduce(1 as Int?) { product, number in product.flatMap { checkedProduct($0, number) } }
}
