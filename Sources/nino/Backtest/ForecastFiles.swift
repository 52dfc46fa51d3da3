import Checkpoints
import Nowcasting

/// Writes each forecast of a backtest into a folder, as a checkpoint laid out as the newest state.
final class ForecastFiles: ForecastReceiver {
    private let folder: String
    private let steps: [Int]
    private let newest: Checkpoint
    private let names: FileNames
    private var files: [ForecastName: ResultFile] = [:]

    /// - Parameter folder: is there.
    init(_ folder: String, steps: [Int], newest: Checkpoint, names: FileNames) {
        (self.folder, self.steps, self.newest, self.names) = (folder, steps, newest, names)
    }

    func sink(for forecast: ForecastName) throws -> any NowcastSink {
        let file = try ResultFile("\(folder)/\(forecast.text(steps)).safetensors", like: newest, names: names)
        files[forecast] = file
        return file.sink
    }

    func finished(_ forecast: ForecastName) throws -> Double? {
        try files.removeValue(forKey: forecast)?.commit()
        return nil
    }

    func loss(ofState state: Int) -> Double? { nil }

    /// Removes what is half written.
    func discard() { files.values.forEach { $0.discard() } }
}
