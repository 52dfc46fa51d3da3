// Damages files and reads them, each reader in a process of its own, so that a crash ends one reader's turn and names
// its input. Usage: nino-fuzz [--seconds S] [--seed N] [--reader NAME]; `make fuzz SECONDS=…`. With --plant KIND the
// process of the reader does one wrong thing instead, which a sanitizer must find.
import Foundation
import FuzzSupport

func option(_ name: String) -> String? {
    guard let place = CommandLine.arguments.firstIndex(of: name), place + 1 < CommandLine.arguments.count else {
        return nil
    }
    return CommandLine.arguments[place + 1]
}

func bad(_ text: String) -> Never {
    FileHandle.standardError.write(Data("nino-fuzz: \(text)\n".utf8))
    exit(2)
}

guard let seconds = Double(option("--seconds") ?? "60"), seconds > 0 else {
    bad("--seconds: expected a positive number")
}
guard let seed = UInt64(option("--seed") ?? "1") else { bad("--seed: expected a whole number") }
let fault = option("--plant").map { kind in
    guard let fault = PlantedFault(rawValue: kind) else {
        bad("--plant: expected one of \(PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")), found \(kind)")
    }
    return fault
}
let names = fault != nil ? ["planted"] : option("--reader").map { [$0] } ?? FuzzReader.all.map(\.name)

/// Reads in this process and prints one line.
func work(_ reader: FuzzReader, progress: String) {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    let file = open(progress, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    let result = reader.run(from: seed << 32) { number in
        withUnsafeBytes(of: number) { _ = pwrite(file, $0.baseAddress, $0.count, 0) }
    } isDone: { _ in
        clock.now >= end
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let name = reader.name.padding(toLength: 12, withPad: " ", startingAt: 0)
    print(
        "\(name) \(result.inputs) inputs, \(result.accepted) accepted, slowest "
            + String(format: "%.3f s (input %llu)", result.slowest.seconds, result.slowest.input)
            + ", at most \(usage.ru_maxrss / 1024) MB")
}

if let progress = option("--worker") {
    if let fault {
        print("planted: \(fault.commit())")
        exit(0)
    }
    guard let reader = FuzzReader.all.first(where: { $0.name == names[0] }) else { bad("no reader \(names[0])") }
    work(reader, progress: progress)
    exit(0)
}

var crashes = 0
for name in names {
    guard fault != nil || FuzzReader.all.contains(where: { $0.name == name }) else {
        bad("--reader: expected one of \(FuzzReader.all.map(\.name).joined(separator: ", ")), found \(name)")
    }
    let progress = NSTemporaryDirectory() + "nino-fuzz-\(getpid())"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
        "--reader", name, "--seconds", "\(seconds / Double(names.count))", "--seed", "\(seed)", "--worker", progress,
    ]
    if let fault { process.arguments? += ["--plant", fault.rawValue] }
    try process.run()
    process.waitUntilExit()
    // A sanitizer ends a process by a status of its own.
    if process.terminationReason == .uncaughtSignal || process.terminationStatus != 0 {
        crashes += 1
        let bytes = [UInt8](FileManager.default.contents(atPath: progress) ?? Data())
        let number = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
        let how = process.terminationReason == .uncaughtSignal ? "signal" : "status"
        print("\(name): CRASH by \(how) \(process.terminationStatus) at input \(number)")
    }
    unlink(progress)
}
print("\(crashes) crashes")
exit(crashes == 0 ? 0 : 1)
