import CPretrained
import Checkpoints

extension Checkpoint {
    /// What commands call the checkpoint that is part of the program.
    public static let pretrainedName = "nino"

    /// Opens the checkpoint of a name: `pretrainedName` for the one that ships with the program (docs/model-card.md
    /// says how it was made), else a path.
    ///
    /// - Throws: `CheckpointError`.
    public convenience init(named name: String) throws(CheckpointError) {
        if name == Self.pretrainedName {
            try self.init(
                memory: UnsafeRawBufferPointer(start: nino_pretrained(), count: nino_pretrained_size()),
                name: "the checkpoint of this program")
        } else {
            try self.init(opening: name)
        }
    }
}
