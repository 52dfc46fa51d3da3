import Training

/// Every evaluation as one JSON object on standard output.
final class EvaluationLines: TrainingObserver {
    func observe(_ event: TrainingEvent, of settings: TrainingSettings) {
        guard case .evaluated(let evaluation) = event else { return }
        try? Output.json(evaluation)
    }
}
