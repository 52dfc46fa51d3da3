import ArgumentParser
import Tensors

/// How many training runs of a command are made at the same time.
struct JobOptions: ParsableArguments {
    @Option(help: "Runs at the same time, one thread each. Default: --threads.")
    var jobs: Int?

    /// Once `CommonOptions.apply` has said how many threads there are.
    var count: Int { jobs ?? Parallel.threads }

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs: expected 1 to 1024, found \(jobs)") }
    }
}
