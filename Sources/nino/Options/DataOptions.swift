import ArgumentParser
import Training

/// What a task learns.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder of the data set. Default: NINO_DATA, or where its Debian package puts it.", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "What task text learns: any file; its last tenth is held out.", valueName: "file"))
    var text: String?

    @Option(
        help: ArgumentHelp(
            "A tokenizer.json of Hugging Face's, byte-level BPE or WordPiece: task text learns its pieces instead of "
                + "bytes.",
            valueName: "file"))
    var tokenizer: String?

    @Option(
        help: ArgumentHelp(
            "Positions in a window of text. Default: as many as the model takes, at most 64.", valueName: "n"))
    var context: Int?

    @Option(
        help: ArgumentHelp("Of the images, those of these classes alone: numbers from 0 on, with commas. Default: all.")
    )
    var classes: IntegerList?

    /// True if nothing was said.
    var isEmpty: Bool {
        data == nil && text == nil && tokenizer == nil && context == nil && classes == nil
    }

    var choice: TaskDescription.DataChoice {
        TaskDescription.DataChoice(
            folder: data, text: text, tokenizer: tokenizer, context: context, classes: classes?.values)
    }
}
