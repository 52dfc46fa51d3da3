import Foundation
import Nowcasting
import Synchronization
import Training

/// Progress of a step: edges a second and time left. Ctrl-C stops the step at the next opportunity; a second one ends
/// it at once.
final class StepProgress: NowcastObserver {
    private struct State {
        var pass = NowcastPass.readOut
        var edges = 0
        var done = 0
        var began = ContinuousClock.now
    }

    private let status: StatusLine
    private let cancellation: Cancellation
    private let interruptWatch = Mutex(InterruptWatch())
    private let state = Mutex(State())

    init(isQuiet: Bool) {
        status = StatusLine(isShown: !isQuiet, waits: true)
        cancellation = interruptWatch.withLock { $0.cancellation }
    }

    var isStopped: Bool { cancellation.isRequested }

    func began(_ pass: NowcastPass, edges: Int) {
        state.withLock { state in
            (state.pass, state.edges, state.done, state.began) = (pass, edges, 0, .now)
        }
    }

    func finished(edges: Int, of pass: NowcastPass) {
        state.withLock { state in
            state.done += edges
            status.update {
                let rate = Double(state.done) / max((ContinuousClock.now - state.began) / .seconds(1), 1e-9)
                let left = Double(state.edges - state.done) / rate
                let unit = pass == .products ? "scalars" : "edges"
                return [
                    "\(Self.title(pass)): \(state.done.formatted()) of \(state.edges.formatted()) \(unit)",
                    "\(StatusLine.duration(left + Self.later(than: pass, rate: rate, edges: state.edges))) left",
                    "\(Int(rate).formatted()) \(unit)/s",
                ]
            }
        }
    }

    func end() {
        status.end()
    }

    private static func title(_ pass: NowcastPass) -> String {
        switch pass {
        case .messages(let layer): "message passing \(layer + 1)"
        case .readOut: "read-out"
        case .products: "products of states"
        }
    }

    /// Seconds of what follows message passing, for a network of three layers: products are what takes time.
    private static func later(than pass: NowcastPass, rate: Double, edges: Int) -> Double {
        guard case .messages(let layer) = pass, layer > 0 else { return 0 }
        return Double(edges) / rate * Double(NowcastPass.readOut.products) / Double(layer)
    }
}
