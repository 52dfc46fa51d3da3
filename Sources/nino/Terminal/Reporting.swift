import Checkpoints
import Foundation
import PluginHost
import Presentation
import Training

/// The report of one or several runs.
enum Reporting {
    /// Writes `report.html` into a folder, which is made if it is missing.
    /// - Returns: the file's path.
    /// - Throws: `CheckpointError` if it cannot be written.
    @discardableResult
    static func write(
        _ results: [RunResult], _ settings: TrainingSettings, of model: Model, to folder: String
    ) throws -> String {
        try OutputFolder.make(folder)
        let path = folder + (folder.hasSuffix("/") ? "" : "/") + Report.fileName
        let common = settings.list.filter { $0.name != "seed" && $0.name != "nowcaster" }
        let report = Report(
            results: results, settings: common, baselineName: "\(settings.optimizer.title) alone",
            facts: facts(results, model))
        try AtomicFile.write(report.html, to: path)
        return path
    }

    private static func facts(_ results: [RunResult], _ model: Model) -> [(name: String, value: String)] {
        let seconds = results.reduce(0) { $0 + $1.seconds }
        let size = "\(grouped: model.parameters.count) parameters in \(model.parameters.entries.count) tensors"
        return [
            ("model", "\(model.title), \(size)"), ("wall time of all runs", StatusLine.duration(seconds)),
        ] + Provenance(version: HostVersion.text).rows
    }
}

extension Model {
    /// As pages call it: the config's name and its type, without the folders of one machine.
    var title: String {
        let file = URL(fileURLWithPath: configuration.file).deletingPathExtension().lastPathComponent
        // Traced programs are called NAME.nino.json.
        let name = file.hasSuffix(".nino") ? String(file.dropLast(5)) : file
        return configuration.modelType.map { $0 == name ? name : "\(name) (\($0))" } ?? name
    }
}
