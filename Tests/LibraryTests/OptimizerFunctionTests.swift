import CNino
import Testing

@Suite struct OptimizerFunctionTests {
    private let line: LineNetwork

    init() throws { line = try LineNetwork() }

    private func optimizer(_ policy: nino_policy_t, period: Int64 = 10) throws -> OpaquePointer? {
        var settings = nino_optimizer_settings_t()
        (settings.policy, settings.period, settings.max_train_steps) = (policy, period, 40)
        settings.edge_sample_ratio = 1
        var made: OpaquePointer?
        try #require(nino_optimizer_create(line.network, line.nowcaster, &settings, &made, nil) == NINO_DONE)
        return made
    }

    /// Takes steps that move every weight by 1; what nowcasts did.
    private func train(_ optimizer: OpaquePointer?, _ weights: inout [Float], to step: Int64) -> [nino_event_t] {
        var events: [nino_event_t] = []
        weights.withUnsafeMutableBufferPointer { weights in
            var array = nino_array_t(data: weights.baseAddress, type: NINO_F32, strides: nil)
            while nino_optimizer_completed_steps(optimizer) < step {
                if nino_optimizer_needs_gradients(optimizer) == 1 {
                    #expect(nino_optimizer_record(optimizer, &array, nil) == NINO_DONE)
                    for index in weights.indices { weights[index] += 1 }
                } else {
                    var event = nino_event_t()
                    #expect(nino_optimizer_nowcast(optimizer, &array, nil, nil, nil, &event, nil) == NINO_DONE)
                    events.append(event)
                }
            }
        }
        return events
    }

    @Test func theScheduleNowcastsOnceAPeriod() throws {
        let optimizer = try optimizer(NINO_POLICY_SCHEDULE)
        defer { nino_optimizer_destroy(optimizer) }
        var weights = [Float](repeating: 0, count: 6)
        let events = train(optimizer, &weights, to: 40)
        #expect(events.map(\.kind) == [NINO_EVENT_NOWCAST, NINO_EVENT_NOWCAST, NINO_EVENT_NOWCAST, NINO_EVENT_NOWCAST])
        #expect(events[0].horizon == 40 && events[3].horizon == 1)
    }

    @Test func savedBytesGoOnAsTheRunDid() throws {
        let first = try optimizer(NINO_POLICY_SCHEDULE)
        let second = try optimizer(NINO_POLICY_SCHEDULE)
        defer { for optimizer in [first, second] { nino_optimizer_destroy(optimizer) } }
        var weights = [Float](repeating: 0, count: 6)
        _ = train(first, &weights, to: 17)
        var bytes = nino_bytes_t()
        #expect(nino_optimizer_save(first, &bytes, nil) == NINO_DONE)
        #expect(nino_optimizer_restore(second, bytes.data, bytes.count, nil) == NINO_DONE)
        nino_bytes_destroy(&bytes)
        #expect(bytes.data == nil && bytes.count == 0)
        var others = weights
        _ = train(first, &weights, to: 40)
        _ = train(second, &others, to: 40)
        #expect(weights == others)
    }

    @Test func bytesOfAnotherRunAreRefused() throws {
        let (first, second) = (try optimizer(NINO_POLICY_SCHEDULE), try optimizer(NINO_POLICY_SCHEDULE, period: 20))
        defer { for optimizer in [first, second] { nino_optimizer_destroy(optimizer) } }
        var bytes = nino_bytes_t()
        #expect(nino_optimizer_save(first, &bytes, nil) == NINO_DONE)
        defer { nino_bytes_destroy(&bytes) }
        #expect(
            sentence { nino_optimizer_restore(second, bytes.data, bytes.count, $0) }
                == (NINO_BAD_INPUT, "nowcast.period: expected 20, found 10"))
        #expect(sentence { nino_optimizer_restore(second, bytes.data, bytes.count - 1, $0) }.0 == NINO_BAD_INPUT)
        #expect(sentence { nino_optimizer_restore(second, nil, 0, $0) }.0 == NINO_BAD_INPUT)
        #expect(nino_optimizer_completed_steps(second) == 0)
    }

    @Test func aStepOfTheWrongKindIsRefused() throws {
        let optimizer = try optimizer(NINO_POLICY_SEARCH)
        defer { nino_optimizer_destroy(optimizer) }
        var weights = [Float](repeating: 0, count: 6)
        weights.withUnsafeMutableBufferPointer { weights in
            var array = nino_array_t(data: weights.baseAddress, type: NINO_F32, strides: nil)
            #expect(
                sentence { nino_optimizer_nowcast(optimizer, &array, nil, nil, nil, nil, $0) }
                    == (NINO_BAD_INPUT, "step 1: expected weights to record, found a nowcast"))
            while nino_optimizer_needs_gradients(optimizer) == 1 {
                #expect(nino_optimizer_record(optimizer, &array, nil) == NINO_DONE)
                weights[0] += 1
            }
            #expect(sentence { nino_optimizer_record(optimizer, &array, $0) }.0 == NINO_BAD_INPUT)
            #expect(
                sentence { nino_optimizer_nowcast(optimizer, &array, nil, nil, nil, nil, $0) }.1
                    .hasSuffix("a search needs a loss function, found none"))
            let before = Array(weights)
            #expect(
                sentence {
                    nino_optimizer_nowcast(optimizer, &array, { _, _ in 1 }, nil, nil, nil, $0)
                } == (NINO_STOPPED, "stopped by the caller"))
            #expect(Array(weights) == before && nino_optimizer_needs_gradients(optimizer) == 0)
        }
    }

    /// What a loss function asks of the optimizer that called it.
    private struct Questions {
        var optimizer: OpaquePointer?
        var answers: [Int64] = []
        var refusals: [String] = []
    }

    @Test func aLossFunctionMayAskAndNotChange() throws {
        let optimizer = try optimizer(NINO_POLICY_SEARCH)
        defer { nino_optimizer_destroy(optimizer) }
        var weights = [Float](repeating: 0, count: 6)
        var questions = Questions(optimizer: optimizer)
        weights.withUnsafeMutableBufferPointer { weights in
            var array = nino_array_t(data: weights.baseAddress, type: NINO_F32, strides: nil)
            while nino_optimizer_needs_gradients(optimizer) == 1 {
                #expect(nino_optimizer_record(optimizer, &array, nil) == NINO_DONE)
            }
            let loss: nino_loss_t = { context, loss in
                let questions = context!.assumingMemoryBound(to: Questions.self)
                let optimizer = questions.pointee.optimizer
                var bytes = nino_bytes_t()
                questions.pointee.answers = [
                    nino_optimizer_completed_steps(optimizer), Int64(nino_optimizer_needs_gradients(optimizer)),
                    Int64(nino_optimizer_save(optimizer, &bytes, nil)),
                ]
                questions.pointee.refusals = [
                    sentence { nino_optimizer_record(optimizer, nil, $0) }.1,
                    sentence { nino_optimizer_forget(optimizer, $0) }.1,
                    sentence { nino_optimizer_restore(optimizer, bytes.data, bytes.count, $0) }.1,
                ]
                nino_bytes_destroy(&bytes)
                loss!.pointee = 1
                return 0
            }
            #expect(nino_optimizer_nowcast(optimizer, &array, loss, &questions, nil, nil, nil) == NINO_DONE)
        }
        #expect(questions.answers == [9, 0, Int64(NINO_DONE)])
        #expect(
            questions.refusals
                == ["record", "forget", "restore"].map { "\($0): called from within its own loss function" })
        // The twin: when it is over.
        #expect(nino_optimizer_completed_steps(optimizer) == 10 && nino_optimizer_forget(optimizer, nil) == NINO_DONE)
    }

    @Test func aJumpIsTakenBackBitForBit() throws {
        let optimizer = try optimizer(NINO_POLICY_SCHEDULE)
        defer { nino_optimizer_destroy(optimizer) }
        var weights = [Float](repeating: 0.1, count: 6)
        _ = train(optimizer, &weights, to: 9)
        let before = weights
        _ = train(optimizer, &weights, to: 10)
        #expect(weights != before)
        let undo = { (weights: inout [Float]) in
            weights.withUnsafeMutableBufferPointer { weights in
                var array = nino_array_t(data: weights.baseAddress, type: NINO_F32, strides: nil)
                return sentence { nino_optimizer_undo(optimizer, &array, $0) }
            }
        }
        #expect(undo(&weights).0 == NINO_DONE && weights == before)
        #expect(undo(&weights) == (NINO_BAD_INPUT, "undo: expected a nowcast to take back, found none"))
    }

    @Test func aSettingOutOfRangeIsNamed() throws {
        var settings = nino_optimizer_settings_t()
        (settings.period, settings.max_train_steps, settings.edge_sample_ratio) = (4, 1, 1)
        var made: OpaquePointer?
        let create = { (settings: nino_optimizer_settings_t) in
            var settings = settings
            return sentence { nino_optimizer_create(line.network, line.nowcaster, &settings, &made, $0) }.1
        }
        #expect(create(settings) == "period: expected at least 5, found 4")
        (settings.period, settings.policy) = (5, 9)
        #expect(create(settings) == "policy: expected 0 to 2, found 9")
        (settings.policy, settings.edge_sample_ratio) = (0, 0)
        #expect(create(settings) == "edge_sample_ratio: expected more than 0, at most 1, found 0.0")
        #expect(made == nil)
    }
}
