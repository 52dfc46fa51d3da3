import CNino
import Foundation
import Testing

@Suite struct BacktestFunctionTests {
    private let line: LineNetwork

    init() throws { line = try LineNetwork() }

    private struct Outcome {
        let outcome: nino_outcome_t
        let sentence: String
        let report: String
        /// What the borrowed weights, which are sevens, hold afterwards.
        let weights: [Float]

        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(report.utf8))) as? [String: Any] ?? [:]
        }
    }

    /// A backtest of states whose six scalars move by 1 a state.
    private func backtest(states count: Int, steps: [Int64]? = nil, loss: nino_loss_t? = nil) -> Outcome {
        var memory: [Float] = []
        for state in 0..<count { memory += (0..<6).map { Float($0 + state) } }
        memory += [Float](repeating: 7, count: 6)
        var report = ""
        let (outcome, sentence) = memory.withUnsafeMutableBufferPointer { memory in
            let arrays = (0...count).map {
                nino_array_t(data: memory.baseAddress! + 6 * $0, type: NINO_F32, strides: nil)
            }
            let nowcasters: [OpaquePointer?] = [line.nowcaster]
            return arrays.withUnsafeBufferPointer { arrays in
                (steps ?? []).withUnsafeBufferPointer { given in
                    nowcasters.withUnsafeBufferPointer { nowcasters in
                        var request = nino_backtest_t()
                        request.states = arrays.baseAddress
                        request.state_count = Int64(count)
                        request.steps = steps == nil ? nil : given.baseAddress
                        request.nowcasters = nowcasters.baseAddress
                        request.nowcaster_count = 1
                        request.loss = loss
                        request.loss_context = UnsafeMutableRawPointer(memory.baseAddress! + 6 * count)
                        request.weights = arrays.baseAddress! + count
                        var bytes = nino_bytes_t()
                        defer { nino_bytes_destroy(&bytes) }
                        let result = LibraryTests.sentence {
                            nino_backtest(line.network, &request, nil, &bytes, $0)
                        }
                        if let data = bytes.data { report = String(cString: data.assumingMemoryBound(to: CChar.self)) }
                        return result
                    }
                }
            }
        }
        return Outcome(outcome: outcome, sentence: sentence, report: report, weights: Array(memory.suffix(6)))
    }

    private let sevens = [Float](repeating: 7, count: 6)

    @Test func aLineIsFound() {
        let found = backtest(states: 8, steps: [0, 10, 20, 30, 40, 50, 60, 70])
        #expect(found.outcome == NINO_DONE && found.weights == sevens)
        #expect((found.object["advice"] as? [String: Any])?["do"] as? String == "ahead")
        #expect(found.object["losses"] == nil && found.object["steps"] as? [Int] == (0..<8).map { 10 * $0 })
        let methods = (found.object["scores"] as? [[String: Any]] ?? []).compactMap { $0["method"] as? String }
        // Five methods at two horizons: the handle's is one of them.
        #expect(methods.count == 10 && methods.filter { $0 == "linefit" }.count == 2)
    }

    @Test func aLossIsAskedForAndTheWeightsComeBack() {
        // The weights lie at the context: the farther, the better.
        let found = backtest(states: 7) { context, loss in
            loss!.pointee = -Double(context!.assumingMemoryBound(to: Float.self).pointee)
            return 0
        }
        #expect(found.outcome == NINO_DONE && found.weights == sevens)
        #expect(found.object["losses"] as? [Double] == [0, -1, -2, -3, -4, -5, -6])
        let stopped = backtest(states: 7) { _, _ in 1 }
        #expect(stopped.outcome == NINO_STOPPED && stopped.report.isEmpty && stopped.weights == sevens)
    }

    @Test func whatIsWrongIsNamed() {
        let few = backtest(states: 5)
        #expect(few.outcome == NINO_BAD_INPUT && few.sentence == "states: expected at least 6, found 5")
        let flat = backtest(states: 6, steps: [0, 1, 2, 3, 4, 4])
        #expect(flat.sentence == "steps: expected rising numbers, found 0,1,2,3,4,4")
        var bytes = nino_bytes_t()
        let none = sentence { nino_backtest(line.network, nil, nil, &bytes, $0) }
        #expect(none == (NINO_BAD_INPUT, "backtest: expected a request, found NULL"))
    }
}
