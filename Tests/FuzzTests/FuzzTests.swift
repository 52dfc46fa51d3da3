import FuzzSupport
import TestSupport
import Testing

/// A few hundred damaged files for every reader; `make fuzz SECONDS=…` tries more.
@Suite struct FuzzTests {
    @Test func everyReaderIsThere() {
        #expect(FuzzReader.all.count == 32)
        #expect(Set(FuzzReader.all.map(\.name)).count == FuzzReader.all.count)
    }

    /// The twin of what follows: what is damaged was right before.
    @Test(arguments: FuzzReader.all.map(\.name))
    func theCorpusIsRead(name: String) throws {
        let reader = try #require(FuzzReader.all.first { $0.name == name })
        for bytes in reader.corpus {
            #expect(throws: Never.self) { try reader.read(bytes, TemporaryFolder()) }
        }
    }

    @Test(arguments: FuzzReader.all.map(\.name))
    func damagedFilesAreErrorsAndNeverTraps(name: String) throws {
        let reader = try #require(FuzzReader.all.first { $0.name == name })
        let result = reader.run(from: 1) { $0.inputs == 300 }
        #expect(result.inputs == 300)
        // Some must be refused, or nothing was damaged.
        #expect(result.accepted < 300)
        #expect(result.slowest.seconds < 5, "input \(result.slowest.input)")
    }

    @Test func theSameNumberIsTheSameFile() {
        let reader = FuzzReader.all[0]
        #expect(reader.input(7) == reader.input(7) && reader.input(7) != reader.input(8))
    }
}
