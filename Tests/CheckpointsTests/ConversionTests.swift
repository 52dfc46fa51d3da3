import Checkpoints
import TestSupport
import Testing

struct ConversionTests {
    let folder = TemporaryFolder()
    let six = littleEndian((0..<6).map(Float.init))

    @Test func tensorsStayAndTheRestIsKeptOrReported() throws {
        let pickle = Pickle.file(
            Pickle.dict([
                (
                    "model",
                    Pickle.orderedDict([
                        ("w", Pickle.tensor("0", [3, 2], strides: [1, 3])), ("tied", Pickle.tensor("0", [6])),
                        ("version", Pickle.int(2)),
                    ])
                ),
                ("optimizer", Pickle.dict([("moment", Pickle.tensor("0", [6]))])),
                ("model_args", Pickle.dict([("hid", Pickle.int(32))])),
                ("raw", [UInt8(ascii: "C"), 1, 0]),
            ]))
        let input = folder.archive("in.pt", pickle: pickle, storages: [("0", six)])
        let report = try convert(input, to: folder + "out.safetensors")
        #expect(report.tensorCount == 2)
        #expect(report.metadataKeys == ["format", "model_args"])
        #expect(report.dropped == ["optimizer", "raw", "version"])
        let output = try Checkpoint(opening: folder + "out.safetensors")
        #expect(output.format == .safetensors)
        #expect(try output.floats("w") == [0, 3, 1, 4, 2, 5] && output.floats("tied") == [0, 1, 2, 3, 4, 5])
        #expect(output.metadata == ["format": "pt", "model_args": "{\"hid\": 32}"])
        #expect(output["w"]?.shape == [3, 2])
    }

    @Test func tensorsUnderKeysThatAreNoNamesAreReported() throws {
        let pickle = Pickle.file(
            Pickle.dict([(Pickle.string("a"), Pickle.tensor("0", [6])), (Pickle.int(1), Pickle.tensor("0", [6]))]))
        let report = try convert(
            folder.archive("in.pt", pickle: pickle, storages: [("0", six)]), to: folder + "out.safetensors")
        #expect(report.tensorCount == 1 && report.dropped == ["1"])
    }

    @Test func badInputLeavesNoOutput() {
        let input = folder.archive(
            "in.pt", pickle: Pickle.file(Pickle.dict([("a", Pickle.tensor("0", [7]))])), storages: [("0", six)])
        #expect(throws: CheckpointError.self) { try convert(input, to: folder + "out.safetensors") }
        #expect(folder.contents == ["in.pt"])
    }
}
