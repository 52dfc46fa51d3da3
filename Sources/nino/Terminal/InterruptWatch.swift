import Foundation
import Training

/// Stops a run at the next step on Ctrl-C or a polite kill, so that it can save its state; a second Ctrl-C ends it at
/// once.
final class InterruptWatch {
    let cancellation = Cancellation()
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [cancellation] in
                if cancellation.isRequested { _exit(Failure.interrupted.rawValue) }
                cancellation.request()
            }
            // Dispatch installs its handler from another thread: a plugin called meanwhile would be blamed for it.
            let isInstalled = DispatchSemaphore(value: 0)
            source.setRegistrationHandler { isInstalled.signal() }
            source.resume()
            isInstalled.wait()
            sources.append(source)
        }
    }
}
