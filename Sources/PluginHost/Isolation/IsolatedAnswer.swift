import Foundation

/// Reads what a child wrote, believing none of it.
///
/// A line is `TOKEN enter FUNCTION`, `TOKEN leave`, `TOKEN record JSON`, `TOKEN log JSON`, `TOKEN failure STATUS
/// MESSAGE` or `TOKEN end`.
struct IsolatedAnswer {
    private let child: ChildProcess
    private var function: String?
    private var isInside = false
    private var records: [Data] = []
    /// What the plugin said.
    private(set) var messages: [PluginLog.Message] = []
    private var failure: (status: Int32, message: String)?
    private var hasEnded = false
    private var isForged = false

    init(_ child: ChildProcess, token: String) {
        self.child = child
        let lines = child.results.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What comes behind the last newline was cut off in writing.
        for line in lines.dropLast() { read(line, token: Array("\(token) ".utf8)) }
    }

    private mutating func read(_ line: ArraySlice<UInt8>, token: [UInt8]) {
        guard line.starts(with: token), !hasEnded else { return isForged = true }
        let body = line.dropFirst(token.count)
        let parts = body.split(separator: UInt8(ascii: " "), maxSplits: 1)
        let rest = parts.count > 1 ? parts[1] : []
        let text = String(decoding: rest, as: UTF8.self)
        switch parts.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "enter": (function, isInside) = (text, true)
        case "leave": isInside = false
        case "record": records.append(Data(rest))
        case "log":
            guard let message = try? JSONDecoder.isolation.decode(PluginLog.Message.self, from: Data(rest)) else {
                return isForged = true
            }
            messages.append(message.onOneLine())
        case "failure":
            let parts = text.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let status = Int32(parts[0]), (1...255).contains(status) else {
                return isForged = true
            }
            failure = (status, String(parts[1]))
            hasEnded = true
        case "end": hasEnded = true
        default: isForged = true
        }
    }

    func result<Record: Codable>(_ limits: IsolationLimits) -> IsolatedResult<Record> {
        let decoder = JSONDecoder.isolation
        let decoded = records.compactMap { try? decoder.decode(Record.self, from: $0) }
        let isForged = isForged || decoded.count != records.count
        let misbehaviour = fault(isForged, limits).map { fault in
            // Of a plugin that ended itself the last line may say why.
            let words: String? =
                if case .crashed = fault { lastWords } else if case .exited = fault { lastWords } else { nil }
            return Misbehaviour(fault: fault, function: function, hasReturned: !isInside, lastWords: words)
        }
        let thrown = failure.map { IsolatedResult<Record>.Failure.thrown(message: $0.message, status: $0.status) }
        return IsolatedResult(records: decoded, failure: misbehaviour.map { .misbehaved($0) } ?? thrown)
    }

    private func fault(_ isForged: Bool, _ limits: IsolationLimits) -> Misbehaviour.Fault? {
        switch child.ending {
        case .stopped(.time): return .tookTooLong(seconds: limits.seconds)
        case .stopped(.output): return .wroteTooMuch(bytes: limits.outputBytes)
        case .stopped(.results): return .reportedTooMuch(bytes: limits.resultBytes)
        case .signal, .exited:
            if isForged { return .forgedResults }
            if case .exited(0) = child.ending, hasEnded { return nil }
            // The memory limit shows as a failed allocation, and that as a crash or an exit.
            if child.peakMemory > limits.memoryBytes / 8 * 7 { return .tookTooMuchMemory(bytes: limits.memoryBytes) }
            switch child.ending {
            case .signal(let number): return .crashed(signal: number)
            case .exited(ResultChannel.brokenStatus): return .closedChannel
            case .exited(let status): return .exited(status: status)
            case .stopped: return nil
            }
        }
    }

    private var lastWords: String? {
        String(decoding: child.output.suffix(4096), as: UTF8.self).split(separator: "\n").last.map {
            $0.onOneLine(limit: 200)
        }
    }
}
