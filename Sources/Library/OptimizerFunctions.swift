import CNino
import Nowcasting

// The functions of nino.h on optimizers.

@c @implementation
public func nino_optimizer_create(
    _ network: OpaquePointer?, _ nowcaster: OpaquePointer?, _ settings: UnsafePointer<nino_optimizer_settings_t>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let place = try place(out, "optimizer")
        guard let settings else { throw LibraryError.input("settings: expected some, found NULL") }
        place.pointee = handle(
            try RunOptimizer(object(network), object(nowcaster), settings.pointee))
    }
}

@c @implementation
public func nino_optimizer_destroy(_ optimizer: OpaquePointer?) { release(optimizer, RunOptimizer.self) }

@c @implementation
public func nino_optimizer_needs_gradients(_ optimizer: OpaquePointer?) -> Int32 {
    (try? object(optimizer, RunOptimizer.self))?.needsGradients == false ? 0 : 1
}

@c @implementation
public func nino_optimizer_needs_weights(_ optimizer: OpaquePointer?) -> Int32 {
    (try? object(optimizer, RunOptimizer.self))?.needsWeights == false ? 0 : 1
}

@c @implementation
public func nino_optimizer_completed_steps(_ optimizer: OpaquePointer?) -> Int64 {
    Int64((try? object(optimizer, RunOptimizer.self))?.completedSteps ?? 0)
}

@c @implementation
public func nino_optimizer_memory(_ optimizer: OpaquePointer?) -> Int64 {
    Int64((try? object(optimizer, RunOptimizer.self))?.memory ?? 0)
}

@c @implementation
public func nino_optimizer_record(
    _ optimizer: OpaquePointer?, _ weights: UnsafePointer<nino_array_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) { try object(optimizer, RunOptimizer.self).record(weights) }
}

@c @implementation
public func nino_optimizer_steps_to_state(_ optimizer: OpaquePointer?) -> Int64 {
    Int64((try? object(optimizer, RunOptimizer.self))?.stepsToState ?? 0)
}

@c @implementation
public func nino_optimizer_record_mean(
    _ optimizer: OpaquePointer?, _ weights: UnsafePointer<nino_array_t>?, _ steps: Int64,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) { try object(optimizer, RunOptimizer.self).record(mean: weights, steps: Int(steps)) }
}

@c @implementation
public func nino_optimizer_nowcast(
    _ optimizer: OpaquePointer?, _ weights: UnsafePointer<nino_array_t>?, _ loss: nino_loss_t?,
    _ context: UnsafeMutableRawPointer?, _ watch: UnsafePointer<nino_watch_t>?,
    _ event: UnsafeMutablePointer<nino_event_t>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let optimizer = try object(optimizer, RunOptimizer.self)
        let result = try optimizer.nowcast(weights, loss: loss.map { lossFunction($0, context) }, Watch(watch))
        event?.pointee = optimizer.description(of: result)
    }
}

@c @implementation
public func nino_optimizer_evaluation_weights(
    _ optimizer: OpaquePointer?, _ weights: UnsafePointer<nino_array_t>?, _ loss: nino_loss_t?,
    _ context: UnsafeMutableRawPointer?, _ outputs: UnsafePointer<nino_array_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        guard let loss else { throw LibraryError.input("loss: expected a function, found NULL") }
        try object(optimizer, RunOptimizer.self).evaluationWeights(
            weights, loss: lossFunction(loss, context), into: outputs)
    }
}

@c @implementation
public func nino_optimizer_undo(
    _ optimizer: OpaquePointer?, _ weights: UnsafePointer<nino_array_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) { try object(optimizer, RunOptimizer.self).undo(weights) }
}

@c @implementation
public func nino_optimizer_forget(_ optimizer: OpaquePointer?, _ message: UnsafeMutablePointer<nino_message_t>?)
    -> nino_outcome_t
{
    answer(message) { try object(optimizer, RunOptimizer.self).forget() }
}

@c @implementation
public func nino_optimizer_save(
    _ optimizer: OpaquePointer?, _ out: UnsafeMutablePointer<nino_bytes_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let place = try place(out, "state")
        try hand(object(optimizer, RunOptimizer.self).save(), to: place)
    }
}

@c @implementation
public func nino_optimizer_restore(
    _ optimizer: OpaquePointer?, _ data: UnsafeRawPointer?, _ count: Int64,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(max(0, count)))
        try object(optimizer, RunOptimizer.self).restore(bytes)
    }
}

/// The caller's loss function as one that throws.
func lossFunction(_ function: @escaping nino_loss_t, _ context: UnsafeMutableRawPointer?)
    -> RunOptimizer.LossFunction
{
    {
        var loss = Double.nan
        guard function(context, &loss) == 0 else { throw LibraryError.stopped }
        return loss
    }
}

extension RunOptimizer {
    func description(of event: Event) -> nino_event_t {
        switch event {
        case .nowcast(let horizon): nino_event_t(kind: NINO_EVENT_NOWCAST, parameter: -1, horizon: Int64(horizon))
        case .looked, .updated: nino_event_t(kind: NINO_EVENT_LOOKED, parameter: -1, horizon: 0)
        case .refused(let horizon, let name):
            nino_event_t(
                kind: NINO_EVENT_REFUSED,
                parameter: Int32(parameters.entries.firstIndex { $0.name == name } ?? -1), horizon: Int64(horizon))
        }
    }
}
