import Foundation

/// What the environment says of the job that this process is a rank of.
struct Launcher {
    let rank: Int
    let size: Int

    /// Variables of Open MPI, of MPICH and Intel MPI, and of srun.
    private static let variables = [
        (rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE"), (rank: "PMI_RANK", size: "PMI_SIZE"),
        (rank: "SLURM_PROCID", size: "SLURM_NTASKS"),
    ]
    /// srun starts programs that know nothing of MPI too: it has to be asked for.
    private static let isOnlyAsked = ["SLURM_NTASKS"]

    /// - Parameter isAsked: whether the user wants ranks.
    /// - Returns: nil where no launcher started the process.
    init?(_ environment: [String: String] = ProcessInfo.processInfo.environment, isAsked: Bool = false) {
        for (rank, size) in Self.variables where isAsked || !Self.isOnlyAsked.contains(size) {
            guard let own = environment[rank].flatMap({ Int($0) }), let all = environment[size].flatMap({ Int($0) })
            else { continue }
            (self.rank, self.size) = (own, all)
            return
        }
        return nil
    }

    /// Whether another rank started this process, which then is none: its environment is only inherited.
    static var isStartedByARank: Bool {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(getppid())/environ") else { return false }
        let names = bytes.split(separator: 0).map {
            String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        }
        return variables.contains { names.contains($0.rank) }
    }
}
