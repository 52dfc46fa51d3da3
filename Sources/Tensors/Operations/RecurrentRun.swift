import Glibc

/// One use of a recurrent layer: its sizes, and what it keeps of each step for the way back.
struct RecurrentRun {
    let cell: RecurrentCell
    let isReversed: Bool
    let batch, steps, inputs, units: Int
    /// Of all gates of a state.
    let width: Int
    /// [B, T, width]: the share of x in the gates, and that of the state before.
    let fromInput, fromState: UnsafeMutablePointer<Float>
    /// [B, T, width]: the gates' values. [B, T, units]: the cell states of an LSTM.
    let gates, memory: UnsafeMutablePointer<Float>
    let states: UnsafeMutablePointer<Float>
    let x, inputWeight, stateWeight: UnsafeMutablePointer<Float>
    let inputBias, stateBias: UnsafeMutablePointer<Float>?

    init(
        _ cell: RecurrentCell, _ isReversed: Bool, _ values: [Value], _ output: Tensor, _ context: OperationContext
    ) throws(TensorError) {
        (self.cell, self.isReversed) = (cell, isReversed)
        let tensors = values.map(\.floats)
        (batch, steps, units) = (output.shape[0], output.shape[1], output.shape[2])
        inputs = tensors[0].shape[2]
        width = cell.gates * units
        fromInput = try context.kept(0, count: batch * steps * width)
        fromState = try context.kept(1, count: batch * steps * width)
        gates = try context.kept(2, count: batch * steps * width)
        memory = try context.kept(3, count: batch * steps * units)
        states = output.address
        (x, inputWeight, stateWeight) = (tensors[0].address, tensors[1].address, tensors[2].address)
        inputBias = tensors.count == 5 ? tensors[3].address : nil
        stateBias = tensors.count == 5 ? tensors[4].address : nil
    }

    /// The position of a step, and of the one before it; nil at the first.
    func position(_ step: Int) -> (now: Int, before: Int?) {
        isReversed
            ? (steps - 1 - step, step == 0 ? nil : steps - step) : (step, step == 0 ? nil : step - 1)
    }

    /// The share of x in all gates of all steps.
    func projectInputs() {
        let rows = batch * steps
        gemm(
            transposeB: true, m: rows, n: width, k: inputs, x, lda: inputs, inputWeight, ldb: inputs, fromInput,
            ldc: width)
        guard let inputBias else { return }
        for row in 0..<rows { for i in 0..<width { fromInput[row * width + i] += inputBias[i] } }
    }

    /// One step of all examples.
    func advance(_ step: Int) {
        let (now, before) = position(step)
        for example in 0..<batch {
            let row = fromState + (example * steps + now) * width
            for i in 0..<width { row[i] = stateBias?[i] ?? 0 }
        }
        if let before {
            gemm(
                transposeB: true, m: batch, n: width, k: units, states + before * units, lda: steps * units,
                stateWeight,
                ldb: units, beta: 1, fromState + now * width, ldc: steps * width)
        }
        for example in 0..<batch { update(example * steps + now, before.map { example * steps + $0 }) }
    }

    private func update(_ now: Int, _ before: Int?) {
        let (a, b, g) = (fromInput + now * width, fromState + now * width, gates + now * width)
        let h = states + now * units
        for i in 0..<units {
            switch cell {
            case .tanh:
                h[i] = Glibc.tanh(a[i] + b[i])
            case .relu:
                h[i] = max(0, a[i] + b[i])
            case .lstm:
                for gate in 0..<4 {
                    let sum = a[gate * units + i] + b[gate * units + i]
                    g[gate * units + i] = gate == 2 ? Glibc.tanh(sum) : sigmoid(sum)
                }
                let kept = before.map { g[units + i] * memory[$0 * units + i] } ?? 0
                memory[now * units + i] = kept + g[i] * g[2 * units + i]
                h[i] = g[3 * units + i] * Glibc.tanh(memory[now * units + i])
            case .gru:
                g[i] = sigmoid(a[i] + b[i])
                g[units + i] = sigmoid(a[units + i] + b[units + i])
                g[2 * units + i] = Glibc.tanh(a[2 * units + i] + g[i] * b[2 * units + i])
                let old = before.map { states[$0 * units + i] } ?? 0
                h[i] = (1 - g[units + i]) * g[2 * units + i] + g[units + i] * old
            }
        }
    }

    private func sigmoid(_ x: Float) -> Float { 1 / (1 + Glibc.exp(-x)) }
}

/// The way back through the steps (backpropagation through time).
struct RecurrentSlopes {
    private let run: RecurrentRun
    private let gradient: UnsafeMutablePointer<Float>
    /// [B, T, width]: gradients of the shares of x and of the state before.
    private let ofInput, ofState: UnsafeMutablePointer<Float>
    /// [B, units]: gradients of the state, and of the cell state, that later steps leave.
    private let state, memory: UnsafeMutablePointer<Float>

    init(_ run: RecurrentRun, _ gradient: Tensor, _ context: OperationContext) throws(TensorError) {
        self.run = run
        self.gradient = gradient.address
        let count = run.batch * run.steps * run.width
        ofInput = try context.transient(0, count: count)
        ofState = try context.transient(1, count: count)
        state = try context.transient(2, count: run.batch * run.units)
        memory = try context.transient(3, count: run.batch * run.units)
        state.update(repeating: 0, count: run.batch * run.units)
        memory.update(repeating: 0, count: run.batch * run.units)
    }

    /// Back over one step of all examples.
    func retreat(_ step: Int) {
        let (now, before) = run.position(step)
        for example in 0..<run.batch {
            unwind(example, example * run.steps + now, before.map { example * run.steps + $0 })
        }
        guard before != nil else { return }
        // What the step leaves to the state before it: through its gates, beside what `unwind` wrote.
        gemm(
            m: run.batch, n: run.units, k: run.width, ofState + now * run.width, lda: run.steps * run.width,
            run.stateWeight, ldb: run.units, beta: 1, state, ldc: run.units)
    }

    private func unwind(_ example: Int, _ now: Int, _ before: Int?) {
        let (units, width) = (run.units, run.width)
        let (g, b) = (run.gates + now * width, run.fromState + now * width)
        let (da, db) = (ofInput + now * width, ofState + now * width)
        for i in 0..<units {
            let place = example * units + i
            let dh = gradient[now * units + i] + state[place]
            let h = run.states[now * units + i]
            state[place] = 0
            switch run.cell {
            case .tanh, .relu:
                da[i] = run.cell == .tanh ? dh * (1 - h * h) : h > 0 ? dh : 0
                db[i] = da[i]
            case .lstm:
                let (input, forget, new, output) = (g[i], g[units + i], g[2 * units + i], g[3 * units + i])
                let bounded = Glibc.tanh(run.memory[now * units + i])
                let dc = memory[place] + dh * output * (1 - bounded * bounded)
                let old = before.map { run.memory[$0 * units + i] } ?? 0
                da[i] = dc * new * input * (1 - input)
                da[units + i] = dc * old * forget * (1 - forget)
                da[2 * units + i] = dc * input * (1 - new * new)
                da[3 * units + i] = dh * bounded * output * (1 - output)
                for gate in 0..<4 { db[gate * units + i] = da[gate * units + i] }
                memory[place] = dc * forget
            case .gru:
                let (reset, update, new) = (g[i], g[units + i], g[2 * units + i])
                let old = before.map { run.states[$0 * units + i] } ?? 0
                let dn = dh * (1 - update) * (1 - new * new)
                da[2 * units + i] = dn
                db[2 * units + i] = dn * reset
                da[i] = dn * b[2 * units + i] * reset * (1 - reset)
                da[units + i] = dh * (old - new) * update * (1 - update)
                db[i] = da[i]
                db[units + i] = da[units + i]
                state[place] = dh * update
            }
        }
    }

    /// The gradients of the inputs, after all steps.
    func collect(_ values: [Value], into targets: [GradientTarget?]) {
        let (rows, width) = (run.batch * run.steps, run.width)
        if let target = targets[0] {
            gemm(
                m: rows, n: run.inputs, k: width, ofInput, lda: width, run.inputWeight, ldb: run.inputs,
                beta: target.beta, target.address, ldc: run.inputs)
        }
        if let target = targets[1] {
            gemm(
                transposeA: true, m: width, n: run.inputs, k: rows, ofInput, lda: width, run.x, ldb: run.inputs,
                beta: target.beta, target.address, ldc: run.inputs)
        }
        if let target = targets[2] { collectStateWeight(into: target) }
        for (slot, share) in [(3, ofInput), (4, ofState)] where slot < targets.count {
            if let target = targets[slot] { columnSums(share, rows: rows, columns: width, into: target) }
        }
    }

    private func collectStateWeight(into target: GradientTarget) {
        target.addNothing()
        let (steps, units, width) = (run.steps, run.units, run.width)
        for step in 0..<steps {
            let (now, before) = run.position(step)
            guard let before else { continue }
            gemm(
                transposeA: true, m: width, n: units, k: run.batch, ofState + now * width, lda: steps * width,
                run.states + before * units, ldb: steps * units, beta: 1, target.address, ldc: units)
        }
    }
}
