import NeuralGraphs
import Tensors

/// Runs the negative controls of one group through the proofs.
struct ControlRun {
    /// Ten times what counts as equal: what is caught, is caught by a wide margin.
    static let margin = 10.0

    /// Elements to try before a control counts as missed: one may by chance move numbers that are nearly equal.
    private let draws: Int
    /// Weights and inputs drawn anew before a control that no proof sees counts as inconclusive.
    private let moreWeights: Int

    let subject: Subject
    let function: FunctionProof
    /// nil for a model too large to look at single edges.
    let edges: EdgeProofs?
    /// nil: all controls are tried.
    private let sample: GroupSample?

    private(set) var counts = GroupReport.Controls()
    private(set) var failures: [Failure] = []

    init(_ subject: Subject, _ function: FunctionProof, _ edges: EdgeProofs?, sample: GroupSample?) {
        (self.subject, self.function, self.edges, self.sample) = (subject, function, edges, sample)
        (draws, moreWeights) = (sample?.draws ?? 5, sample?.moreWeights ?? 6)
    }

    /// Every control through the function and graph proofs, one of each kind through the nowcast, and each node block
    /// left out.
    mutating func run(_ group: Int, using random: inout SeededRandom) throws {
        let places = Place.all(of: group, subject.claims, tensors: subject.model.movableTensors)
        let controls = NegativeControl.all(of: group, at: places, subject.claims)
        let tried = sample?.chosen(controls) { subject.graph.parameters[$0.place.tensor]?.count ?? 0 } ?? controls
        for control in tried {
            try runFunction(control, using: &random)
            guard let graph = edges?.graph else { continue }
            // Buffers are not in the graph.
            guard subject.graph.parameters[control.place.tensor] != nil else { continue }
            let isCaught = isCaught(control, using: &random) { !graph.holds($1, nodes: graph.nodeImages($0)) }
            count(isCaught, .graph, group, control.text(subject.claims))
        }
        guard let edges else { return }
        if edges.nowcast.seesGraph { try runNowcast(edges, controls, group, using: &random) }
        if sample == nil { runNodes(edges.graph, group, using: &random) }
    }

    private func isCaught(
        _ control: NegativeControl, using random: inout SeededRandom,
        by proof: (GroupElement, TensorAction) throws -> Bool
    ) rethrows -> Bool {
        for _ in 0..<draws {
            guard let (element, action) = control.draw(subject.claims, using: &random) else { return false }
            if try proof(element, action) { return true }
        }
        return false
    }

    private mutating func runFunction(_ control: NegativeControl, using random: inout SeededRandom) throws {
        if control.isVacuous(subject.claims) { return }
        let text = "function: \(subject.claims.groups[control.group].name) \(control.text(subject.claims))"
        if try isSeen(control, by: function, using: &random) {
            count(true, .function, control.group, control.text(subject.claims))
        } else if try isInert(control, using: &random) {
            counts.inert.append(text)
        } else if try isSeenWithOtherWeights(control, using: &random) {
            count(true, .function, control.group, control.text(subject.claims))
        } else if control.kind == .leftOut {
            counts.inconclusive.append(text)
        } else {
            count(false, .function, control.group, control.text(subject.claims))
        }
    }

    private func isSeen(_ control: NegativeControl, by function: FunctionProof, using random: inout SeededRandom) throws
        -> Bool
    {
        try isCaught(control, using: &random) { try function.error($1) > Self.margin * FunctionProof.tolerance }
    }

    /// Units that are silent for these weights and inputs, as those of a ReLU below zero, may speak with others; and
    /// attention to positions that are nearly alike may choose with larger ones, as long as the group itself holds.
    private func isSeenWithOtherWeights(_ control: NegativeControl, using random: inout SeededRandom) throws -> Bool {
        for attempt in 0..<moreWeights {
            let other = try FunctionProof(
                subject.model, isHuge: sample?.isHuge ?? false, gain: 1 + Float(attempt) / 2, using: &random)
            let isSeen = try isCaught(control, using: &random) { element, action in
                try other.error(TensorAction(element, subject.claims)) <= FunctionProof.tolerance
                    && other.error(action) > Self.margin * FunctionProof.tolerance
            }
            if isSeen { return true }
        }
        return false
    }

    /// Whether the forward pass does not depend on what the control misplaces: other numbers there change nothing
    /// either.
    private func isInert(_ control: NegativeControl, using random: inout SeededRandom) throws -> Bool {
        let place = control.place
        guard control.kind != .anotherAxis,
            let shape = subject.model.movableTensors.first(where: { $0.name == place.tensor })?.shape
        else { return false }
        let positions = Set(place.positions)
        let inner = shape[(place.axis + 1)...].reduce(1, *)
        for _ in 0..<3 {
            let error = try function.error(
                redrawing: place.tensor, where: { positions.contains($0 / inner % shape[place.axis]) }, using: &random)
            if error > FunctionProof.tolerance { return false }
        }
        return true
    }

    /// Each kind once, where the tensor is largest: there the network sees most of it.
    private mutating func runNowcast(
        _ edges: EdgeProofs, _ controls: [NegativeControl], _ group: Int, using random: inout SeededRandom
    ) throws {
        for kind in NegativeControl.Kind.allCases {
            let candidates = controls.filter { $0.kind == kind && !$0.isVacuous(subject.claims) }.map {
                ($0, size: subject.graph.parameters[$0.place.tensor]?.count ?? 0)
            }
            guard let (control, size) = candidates.max(by: { $0.size < $1.size }), size > 0 else { continue }
            let isCaught = try isCaught(control, using: &random) {
                try edges.nowcast.error($1) > Self.margin * NowcastProof.tolerance
            }
            // Some graphs tell less than the function: then no network could notice.
            let isInvisible = !isCaught && !self.isCaught(control, using: &random) { !edges.graph.isInvisible($1) }
            if isInvisible {
                counts.inert.append("nowcast: \(subject.claims.groups[group].name) \(control.text(subject.claims))")
            } else {
                count(isCaught, .nowcast, group, control.text(subject.claims))
            }
        }
    }

    /// The parameters move, and the nodes, but for one block.
    private mutating func runNodes(_ graph: GraphProof, _ group: Int, using random: inout SeededRandom) {
        let name = subject.claims.groups[group].name
        for (index, block) in subject.graph.nodeBlocks.enumerated() {
            guard let axis = block.axis, axis.segments.joined().contains(.group(group)) else { continue }
            let element = GroupElement(subject.claims.groups, moving: { $0 == name }, using: &random)
            let holds = graph.holds(
                TensorAction(element, subject.claims), nodes: graph.nodeImages(element, resting: index))
            count(!holds, .graph, group, "node block \"\(block.name)\" left out")
        }
    }

    private mutating func count(_ isCaught: Bool, _ proof: Failure.Proof, _ group: Int, _ what: String) {
        counts.total += 1
        if isCaught {
            counts.caught += 1
        } else {
            let name = subject.claims.groups[group].name
            failures.append(
                Failure(proof: .control, groups: [name], message: "not caught by the \(proof.rawValue) proof: \(what)"))
        }
    }
}
