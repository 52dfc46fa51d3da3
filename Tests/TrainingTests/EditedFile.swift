import Checkpoints
import Foundation

/// Writes a safetensors file anew, with other metadata and other tensors.
///
/// - Parameter zeros: tensors that take the place of their namesakes, or are new.
func rewrite(
    _ path: String, keepingTensors: Bool = true, with zeros: [TensorInfo] = [],
    metadata change: (inout [String: String]) throws -> Void = { _ in }
) throws {
    let file = try Checkpoint(opening: path)
    var metadata = file.metadata
    try change(&metadata)
    let replaced = Set(zeros.map(\.name))
    let kept = file.tensors.filter { keepingTensors && !replaced.contains($0.name) }
    var values: [String: [Float]] = [:]
    for tensor in kept { values[tensor.name] = try file.floats(tensor.name) }
    for tensor in zeros { values[tensor.name] = [Float](repeating: 0, count: tensor.count) }
    let writer = try SafetensorsWriter(path, tensors: kept + zeros, metadata: metadata)
    while let tensor = writer.next { try writer.write(values[tensor.name]!, to: tensor.name) }
    try writer.commit()
}

/// JSON text with another value at a path of keys and of places in lists.
func edited(_ text: String, at path: [String], to value: Any) throws -> String {
    let json = edited(try JSONSerialization.jsonObject(with: Data(text.utf8)), at: path[...], to: value)
    return String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
}

private func edited(_ json: Any?, at path: ArraySlice<String>, to value: Any) -> Any {
    guard let key = path.first else { return value }
    if var list = json as? [Any], let index = Int(key) {
        list[index] = edited(list[index], at: path.dropFirst(), to: value)
        return list
    }
    var object = json as? [String: Any] ?? [:]
    object[key] = edited(object[key], at: path.dropFirst(), to: value)
    return object
}

/// A path as messages write it: `evaluations[0].step`.
func keyText(_ path: [String]) -> String {
    path.joined(separator: ".").replacing(".0.", with: "[0].")
}
