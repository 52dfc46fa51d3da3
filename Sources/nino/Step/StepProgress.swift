import Foundation
import Nowcasting
import Synchronization
import Training

/// Progress of a step: edges a second and time left; a line that is rewritten on a terminal, a line every few seconds
/// elsewhere.
/// Goes to standard error. Ctrl-C stops the step at the next opportunity; a second one ends it at once.
final class StepProgress: NowcastObserver {
    private struct State {
        var pass = NowcastPass.readOut
        var edges = 0
        var done = 0
        var began = ContinuousClock.now
        var lastShown = ContinuousClock.now
        var isShown = false
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let isQuiet: Bool
    private let cancellation: Cancellation
    private let interruptWatch = Mutex(InterruptWatch())
    private let state = Mutex(State())

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
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
            let now = ContinuousClock.now
            guard !isQuiet, (now - state.lastShown) / .seconds(1) >= (isTerminal ? 0.2 : 5) else { return }
            state.lastShown = now
            state.isShown = true
            let rate = Double(state.done) / max((now - state.began) / .seconds(1), 1e-9)
            let left = Double(state.edges - state.done) / rate
            let text =
                "\(Self.title(pass)): \(state.done.formatted()) of \(state.edges.formatted()) edges, "
                + "\(Int(rate).formatted()) edges/s, "
                + "\(Progress.duration(left + Self.later(than: pass, rate: rate, edges: state.edges))) left"
            Output.remark(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
        }
    }

    func end() {
        state.withLock { if isTerminal && $0.isShown { Output.remark("\r\u{1B}[K") } }
    }

    private static func title(_ pass: NowcastPass) -> String {
        switch pass {
        case .messages(let layer): "message passing \(layer + 1)"
        case .readOut: "read-out"
        }
    }

    /// Seconds of what follows message passing, for a network of three layers: products are what takes time.
    private static func later(than pass: NowcastPass, rate: Double, edges: Int) -> Double {
        guard case .messages(let layer) = pass, layer > 0 else { return 0 }
        return Double(edges) / rate * Double(NowcastPass.readOut.products) / Double(layer)
    }
}
