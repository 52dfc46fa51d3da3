/// Where a module is declared: the beginning of its tensors' names.
///
/// ```swift
/// let at = modules / "model" / "layers" / 0
/// Linear(at / "mlp.up_proj", from: stream, to: hidden)   // model.layers.0.mlp.up_proj.weight and .bias
/// ```
public struct Path: Sendable {
    let modules: Modules
    /// All parts, with dots between.
    public let name: String

    /// A part further in.
    public static func / (path: Path, part: String) -> Path {
        Path(modules: path.modules, name: "\(path.name).\(part)")
    }

    /// A module of a list, by its number.
    public static func / (path: Path, index: Int) -> Path { path / String(index) }

    /// Says that files may carry a tensor here that means nothing, of any type: a cached mask or table.
    public func ignore(_ axes: [Axis]) {
        _ = modules.declare(DeclaredTensor(name, .ignored, axes))
    }
}
