import CKernels
import CNino

/// A tensor in the caller's memory, of any stride and of a type that float32 holds.
///
/// Unchecked: whoever hands one to several threads has them work on elements of their own.
struct ForeignArray: @unchecked Sendable {
    private let address: UnsafeMutableRawPointer
    private let type: nino_scalar_t
    private let shape: [Int]
    /// Elements from one index to the next; nil: row-major without gaps.
    private let strides: [Int]?

    /// - Throws: `input` for NULL or a type that is not known.
    init(_ array: nino_array_t, shape: [Int], name: String) throws {
        guard let data = array.data else { throw LibraryError.input("\(name): expected an address, found NULL") }
        guard (NINO_F32...NINO_BF16).contains(array.type) else {
            throw LibraryError.input("\(name): type: expected 0 to 2, found \(array.type)")
        }
        (address, type, self.shape) = (data, array.type, shape)
        let given = array.strides.map { strides in shape.indices.map { Int(strides[$0]) } }
        strides = given == Self.dense(shape) ? nil : given
    }

    private static func dense(_ shape: [Int]) -> [Int] {
        var (strides, step) = ([Int](repeating: 1, count: shape.count), 1)
        for axis in shape.indices.reversed() {
            strides[axis] = step
            step *= shape[axis]
        }
        return strides
    }

    private var width: Int { type == NINO_F32 ? 4 : 2 }

    /// Calls `body` for each run of elements `first + index * step`, 0 ≤ index < count, in row-major order, that lie
    /// evenly spaced in memory: with the address of its first element, their distance in elements, and how many.
    private func forEachRun(
        first: Int, step: Int, count: Int, _ body: (UnsafeMutableRawPointer, _ distance: Int, _ count: Int) -> Void
    ) {
        guard let strides, let inner = shape.last else {
            return body(address + first * width, step, count)
        }
        var (index, done) = (first, 0)
        while done < count {
            // Of one row of the innermost axis.
            let column = index % inner
            let run = min(count - done, (inner - column + step - 1) / step)
            var (rest, offset) = (index / inner, column * strides[strides.count - 1])
            for axis in shape.indices.dropLast().reversed() {
                offset += rest % shape[axis] * strides[axis]
                rest /= shape[axis]
            }
            body(address + offset * width, step * strides[strides.count - 1], run)
            index += run * step
            done += run
        }
    }

    /// Copies elements `first + index * step` of the row-major order to `output` as float32.
    func read(first: Int, step: Int, count: Int, into output: UnsafeMutablePointer<Float>) {
        var next = output
        forEachRun(first: first, step: max(1, step), count: count) { address, distance, count in
            switch type {
            case NINO_F32: nino_read_f32(address, Int64(distance), Int64(count), next)
            case NINO_F16: nino_read_f16(address, Int64(distance), Int64(count), next)
            default: nino_read_bf16(address, Int64(distance), Int64(count), next)
            }
            next += count
        }
    }

    /// Rounds `values` to elements `first + index * step` of the row-major order.
    func write(first: Int, step: Int, count: Int, from values: UnsafePointer<Float>) {
        var next = values
        forEachRun(first: first, step: max(1, step), count: count) { address, distance, count in
            switch type {
            case NINO_F32: nino_write_f32(next, Int64(count), address, Int64(distance))
            case NINO_F16: nino_write_f16(next, Int64(count), address, Int64(distance))
            default: nino_write_bf16(next, Int64(count), address, Int64(distance))
            }
            next += count
        }
    }
}
