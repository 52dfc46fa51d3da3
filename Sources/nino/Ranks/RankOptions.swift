import ArgumentParser
import CKernels
import Foundation
import Nowcasting
import PluginHost
import Tensors

/// Whether a command is one rank of several.
struct RankOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Share the work with the other processes of an MPI job. Default: where mpirun started this one.",
            visibility: .default))
    var mpi: Bool?

    @Flag(
        name: .customLong("mixed-kernels"),
        help: "Let ranks whose processors compute differently share the work: the result is then not that of one.")
    var mixedKernels = false

    /// Joins the other ranks, if there are any.
    ///
    /// - Parameter common: whose threads are dealt out among the ranks of a machine, and whose plugins the first looks
    ///   at.
    /// - Throws: `InputError`.
    func join(_ common: CommonOptions) throws -> any Communicator {
        guard mpi != false, let launcher = Launcher(isAsked: mpi == true) else {
            guard mpi != true else {
                throw InputError("--mpi: expected to be started by mpirun or srun, found no sign of either")
            }
            return SingleProcess()
        }
        if mpi == nil, launcher.size == 1 || Launcher.isStartedByARank { return SingleProcess() }
        Output.isMuted = launcher.rank != 0
        let ranks = try MPICommunicator()
        Output.isMuted = ranks.rank != 0
        Job.begin(ranks)
        guard ranks.size > 1 else { return SingleProcess() }
        let processors = Int(nino_processor_count())
        if common.threads == processors, processors >= sysconf(Int32(_SC_NPROCESSORS_ONLN)) {
            Parallel.threads = max(1, processors / ranks.localSize)
        }
        try requireSameKernels(ranks)
        return ranks
    }

    /// Whether a command line is that of a rank to which the first one gives the word, also in what is wrong with it.
    static func isLaterRank(_ words: ArraySlice<String>) -> Bool {
        guard let command = words.first, ["step", "collect", "meta-train"].contains(command),
            !words.contains("--no-mpi"), let launcher = Launcher(isAsked: words.contains("--mpi")),
            words.contains("--mpi") || !Launcher.isStartedByARank
        else { return false }
        return launcher.rank != 0
    }

    private func requireSameKernels(_ ranks: MPICommunicator) throws {
        let own = "nino \(HostVersion.text), \(String(cString: nino_instruction_set())), \(productKernels)"
        let all = try ranks.allGather(own)
        guard let other = all.firstIndex(where: { $0 != all[0] }), !mixedKernels else { return }
        throw InputError(
            "rank \(other): expected the kernels of rank 0 (\(all[0])), found \(all[other]); --mixed-kernels lets them "
                + "work together, to a result that is not that of one process")
    }
}

extension Communicator {
    /// Runs `body` on the first rank, which looks in child processes what plugins do, and then on the others, which
    /// load them as they are.
    func firstLooksAtPlugins<Value>(_ common: CommonOptions, _ body: (CommonOptions) throws -> Value) throws -> Value {
        if !isFirst { try barrier() }
        var options = common
        if !isFirst { options.trust = true }
        let value = try body(options)
        if isFirst { try barrier() }
        return value
    }
}
