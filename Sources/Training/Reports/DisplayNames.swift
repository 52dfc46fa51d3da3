import Foundation

/// Short names for nowcasters: the file name of a checkpoint's path, where no two are equal.
func displayNames(_ labels: [String]) -> [String: String] {
    let names = labels.distinct().map { (label: $0, name: ($0 as NSString).lastPathComponent) }
    return Dictionary(
        uniqueKeysWithValues: names.map { item in
            let isUnique = names.count { $0.name == item.name } == 1
            return (item.label, isUnique ? item.name : item.label)
        })
}
