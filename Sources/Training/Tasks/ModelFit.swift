import PluginHost
import Tensors

extension TrainableModel {
    /// Refuses a model that cannot learn from `data` before anything is computed or written.
    ///
    /// - Throws: `modelDoesNotFit` if it wants other inputs, `modelOutputMissing`, `tooFewLogits`; other errors of
    ///   tracing.
    func check(fits data: any DataSource, task: String) throws {
        let types = data.inputTypes(count: 1)
        let program: Program
        do {
            program = try trace(types)
        } catch PluginHostError.configurationRefused(let file, _, let reason) {
            throw TrainingError.modelDoesNotFit(task: task, file: file, inputs: types.keys.sorted(), reason: reason)
        }
        guard let logits = program.output(named: "logits") else {
            throw TrainingError.modelOutputMissing("logits", found: program.outputNames)
        }
        let classes = try program.shape(of: logits).last ?? 0
        guard classes >= data.labelCount else {
            throw TrainingError.tooFewLogits(task: task, expected: data.labelCount, found: classes)
        }
    }

    /// Names of the parameters whose rows are looked up, such as word tables.
    ///
    /// - Throws: the errors of tracing.
    func tables(of data: any DataSource) throws -> Set<String> {
        let program = try trace(data.inputTypes(count: 1))
        return Set(
            program.nodes.compactMap { node -> String? in
                guard case .operation(let operation, let inputs) = node.source,
                    operation.name == "embedding", inputs.count > 1,
                    case .parameter(let name) = program.nodes[inputs[1].index].source
                else { return nil }
                return name
            })
    }

    /// The longest window of bytes up to `limit` that the model takes: only its plugin knows how many positions it has.
    /// A model that takes none gets `limit`, so that its own words say why.
    func longestContext(atMost limit: Int) -> Int {
        func takes(_ context: Int) -> Bool {
            (try? trace(ByteText.inputTypes(count: 1, context: context))) != nil
        }
        guard !takes(limit), takes(2) else { return limit }
        var (longest, tooLong) = (2, limit)
        while tooLong - longest > 1 {
            let middle = (longest + tooLong) / 2
            if takes(middle) { longest = middle } else { tooLong = middle }
        }
        return longest
    }
}
