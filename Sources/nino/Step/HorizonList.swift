import ArgumentParser

/// Horizons on the command line: `4`, or `1,2,4,8`.
struct HorizonList: ExpressibleByArgument {
    let horizons: [Int]

    init(_ horizons: [Int]) {
        self.horizons = horizons
    }

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == words.count, Set(numbers).count == numbers.count else { return nil }
        horizons = numbers
    }

    var defaultValueDescription: String { horizons.map(String.init).joined(separator: ",") }
}
