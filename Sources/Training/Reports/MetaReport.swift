import Foundation
import Presentation

/// The curves of a meta-training as one self-contained HTML page: training loss, and relative error and cosine of each
/// held-out family.
struct MetaReport {
    let settings: MetaTrainingSettings
    let metrics: [MetaMetrics]
    /// Where the numbers come from: date, version, command, machine.
    var facts: [(name: String, value: String)] = []

    var html: String {
        let title =
            "\(settings.shape.method.rawValue) of width \(settings.shape.width), loss on \(settings.loss.rawValue): "
            + "\(grouped: metrics.last?.step ?? 0) of \(grouped: settings.steps) steps"
        let content =
            ([element("h1", [:], escaped(title))]
            + plots.map {
                element("h2", [:], escaped($0.title))
                    + element("figure", [:], scrolling($0.svg, label: $0.title, isChart: true))
            } + [footer])
            .joined(separator: "\n")
        return Page(title: title, content: content).html
    }

    private var footer: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = (try? encoder.encode(metrics)) ?? Data()
        let link = download("validations (JSON)", file: "validations.json", type: "application/json", bytes: json)
        return element("h2", [:], "Settings") + settingsTable(settings.list + facts) + downloads([link])
    }

    private var plots: [LinePlot] {
        let loss = LinePlot(
            title: "Training loss, mean between validations",
            lines: [
                .init(
                    label: "loss",
                    points: metrics.compactMap { point in point.loss.map { .init(step: Double(point.step), value: $0) }
                    })
            ])
        guard metrics.contains(where: { !$0.validation.isEmpty }) else { return [loss] }
        return [
            loss,
            LinePlot(
                title: "Relative error of the predicted change, mean over horizons (dashed: predicting no change)",
                lines: families(\.relativeError), reference: 1),
            LinePlot(title: "Cosine of predicted and true change, mean over horizons", lines: families(\.cosine)),
        ]
    }

    private func families(_ value: (MetaEvaluation.Row) -> Double) -> [LinePlot.Line] {
        let names = metrics.flatMap(\.validation).map(\.family).distinct()
        return names.map { name in
            LinePlot.Line(
                label: name,
                points: metrics.compactMap { point in
                    let values = point.validation.filter { $0.family == name }.map(value)
                    return values.isEmpty
                        ? nil : .init(step: Double(point.step), value: values.reduce(0, +) / Double(values.count))
                })
        }
    }
}

extension MetaTrainingSettings {
    /// Name and value of each setting, for people.
    var list: [(name: String, value: String)] {
        [
            ("method", shape.method.rawValue), ("width", "\(shape.width)"), ("loss", loss.rawValue),
            ("steps", "\(grouped: steps)"), ("learning rate", "\(learningRate) to \(finalLearningRate)"),
            ("weight decay", "\(weightDecay)"), ("trajectories a batch", "\(trajectories)"),
            ("starting points a trajectory", "\(slices)"), ("seed", "\(seed)"), ("begins with", start ?? "new weights"),
        ]
    }
}
