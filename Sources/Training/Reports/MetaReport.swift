/// The curves of a meta-training as one self-contained HTML page: training loss, and relative error and cosine of each
/// held-out family.
struct MetaReport {
    let settings: MetaTrainingSettings
    let metrics: [MetaMetrics]

    var html: String {
        let title =
            "\(settings.shape.method.rawValue) of width \(settings.shape.width), loss on \(settings.loss.rawValue): "
            + "\(grouped: metrics.last?.step ?? 0) of \(grouped: settings.steps) steps"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(escaped(title))</title>
            <style>
            \(ChartStyle.css)
            </style>
            </head>
            <body>
            <h1>\(escaped(title))</h1>
            \(plots.map { element("h2", [:], escaped($0.title)) + element("figure", [:],
              $0.svg) }.joined(separator: "\n"))
            </body>
            </html>

            """
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
