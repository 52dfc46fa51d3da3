import CNino
import Checkpoints
import Derivation
import NeuralGraphs
import Nowcasting
import PluginHost

/// What the library itself finds wrong with a call.
enum LibraryError: Error, CustomStringConvertible {
    case input(String)
    /// A callback asked for an end.
    case stopped

    var description: String {
        switch self {
        case .input(let text): text
        case .stopped: "stopped by the caller"
        }
    }
}

/// Runs the body of a function of `nino.h`: errors become an outcome with a sentence, and the caller's floating-point
/// environment, in which subnormal numbers may be flushed, is put aside meanwhile.
func answer(_ message: UnsafeMutablePointer<nino_message_t>?, _ body: () throws -> Void) -> nino_outcome_t {
    do {
        try FloatEnvironment.standard(body)
        return NINO_DONE
    } catch {
        write("\(error)".onOneLine(), to: message)
        return outcome(of: error)
    }
}

private func outcome(of error: any Error) -> nino_outcome_t {
    switch error {
    case LibraryError.stopped, NowcastError.stopped: NINO_STOPPED
    case let error as PluginHostError where error.isPluginFault: NINO_PLUGIN_MISBEHAVED
    default: NINO_BAD_INPUT
    }
}

/// Cuts at the end of a character.
private func write(_ text: String, to message: UnsafeMutablePointer<nino_message_t>?) {
    guard let message else { return }
    withUnsafeMutableBytes(of: &message.pointee.text) { bytes in
        var count = 0
        for character in text where count + character.utf8.count < bytes.count {
            for byte in character.utf8 {
                bytes[count] = byte
                count += 1
            }
        }
        bytes[count] = 0
    }
}

/// A borrowed text.
/// - Throws: `input` for NULL.
func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> String {
    guard let pointer else { throw LibraryError.input("\(what): expected a text, found NULL") }
    return String(cString: pointer)
}

/// Hands an object to C, which gives it back to `release`.
func handle(_ object: AnyObject) -> OpaquePointer {
    OpaquePointer(Unmanaged.passRetained(object).toOpaque())
}

/// The object behind a handle.
/// - Throws: `input` for NULL.
func object<Object: AnyObject>(_ handle: OpaquePointer?, _ type: Object.Type = Object.self) throws -> Object {
    guard let handle else { throw LibraryError.input("expected an object, found NULL") }
    return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
}

func release<Object: AnyObject>(_ handle: OpaquePointer?, _ type: Object.Type) {
    guard let handle else { return }
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release()
}

/// Where a result goes.
/// - Throws: `input` for NULL.
func place<Value>(_ pointer: UnsafeMutablePointer<Value>?, _ what: String) throws -> UnsafeMutablePointer<Value> {
    guard let pointer else { throw LibraryError.input("\(what): expected a place for it, found NULL") }
    return pointer
}
