import Glibc
import PluginHost
import TestSupport
import Testing

/// One after the other, because some make a processor busy.
@Suite(.serialized) struct ChildProcessTests {
    private func shell(_ script: String, _ limits: IsolationLimits = IsolationLimits(seconds: 20), input: String = "")
        throws -> ChildProcess
    {
        try ChildProcess(
            "/bin/sh", ["sh", "-c", script], environment: ["WORD=blue"], input: Array(input.utf8), limits: limits)
    }

    @Test func inputResultsAndOutputAreKeptApart() throws {
        let child = try shell("read line; echo result $line $WORD; echo remark >&2; exit 7", input: "given\n")
        #expect(child.ending == .exited(7))
        #expect(child.results == Array("result given blue\n".utf8))
        #expect(child.output == Array("remark\n".utf8))
        #expect(child.peakMemory > 100_000)
    }

    @Test func signalIsTold() throws {
        #expect(try shell("kill -SEGV $$").ending == .signal(SIGSEGV))
    }

    @Test func lateChildIsKilledWithItsWholeGroup() throws {
        let child = try shell(
            "sleep 100 & echo $!; trap '' TERM INT; while :; do :; done", IsolationLimits(seconds: 0.5))
        #expect(child.ending == .stopped(.time))
        #expect(isGone(child))
    }

    /// Has the child share the processor it is on with others that never rest.
    private func among(_ rivals: Int, _ script: String) -> String {
        #"taskset -cp $(cut -d" " -f39 /proc/$$/stat) $$; "#
            + #"for i in $(seq \#(rivals)); do while :; do :; done & done; \#(script)"#
    }

    @Test func waitingForABusyProcessorIsNotCounted() throws {
        let start = ContinuousClock.now
        let child = try shell(
            among(6, "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"), IsolationLimits(seconds: 1))
        #expect(child.ending == .exited(0))
        #expect(.now - start > .seconds(1))
        // Twin: waiting for anything else is.
        #expect(try shell(among(6, "sleep 100"), IsolationLimits(seconds: 1)).ending == .stopped(.time))
    }

    @Test func childThatAlwaysWaitsIsKilledAfterTenTimesTheLimit() throws {
        let start = ContinuousClock.now
        // By its share of the processor it would have the limit's time after 10 s.
        #expect(try shell(among(20, "while :; do :; done"), IsolationLimits(seconds: 0.5)).ending == .stopped(.time))
        #expect((.seconds(1)...(.seconds(8))).contains(.now - start))
    }

    @Test func processLeftBehindIsKilledAndNotWaitedFor() throws {
        let child = try shell("sleep 100 & echo $!")
        #expect(child.ending == .exited(0))
        #expect(isGone(child))
    }

    @Test func floodsAreCutOff() throws {
        var limits = IsolationLimits(seconds: 20)
        limits.outputBytes = 1000
        limits.resultBytes = 2000
        let output = try shell("while :; do echo flood >&2; done", limits)
        #expect(output.ending == .stopped(.output))
        #expect(output.output.count == 1000)
        let results = try shell("while :; do echo flood; done", limits)
        #expect(results.ending == .stopped(.results))
        #expect(results.results.count == 2000)
        // Twin: as much as is allowed passes.
        #expect(try shell("head -c 1000 /dev/zero >&2; head -c 2000 /dev/zero", limits).ending == .exited(0))
    }

    @Test func childThatClosesItsPipesIsStillWatched() throws {
        #expect(try shell("exec >&- 2>&-; sleep 0.2; exit 3").ending == .exited(3))
        #expect(try shell("exec >&- 2>&-; sleep 100", IsolationLimits(seconds: 0.5)).ending == .stopped(.time))
    }

    @Test func descriptorsOfTheParentAreNotInherited() throws {
        let folder = TemporaryFolder()
        // Without O_CLOEXEC.
        let secret = open(folder.write("secret", to: "file"), O_RDONLY)
        defer { close(secret) }
        #expect(try shell("cat <&\(secret)").results.isEmpty)
    }

    @Test func missingProgramIsAnError() {
        let error = #expect(throws: ChildProcessError.self) {
            try ChildProcess("/nonexistent", ["x"], environment: [], input: [], limits: IsolationLimits())
        }
        #expect(error?.description == "a child process cannot be started: No such file or directory")
    }

    /// Whether the process whose number the child printed has ended.
    private func isGone(_ child: ChildProcess) -> Bool {
        let number = Int32(String(decoding: child.results, as: UTF8.self).prefix { $0 != "\n" })!
        // Whoever adopted it may take a moment to collect it.
        for _ in 0..<2000 where kill(number, 0) == 0 { usleep(10_000) }
        return kill(number, 0) != 0
    }
}
