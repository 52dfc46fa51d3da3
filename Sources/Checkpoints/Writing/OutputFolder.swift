import Glibc

/// Folders that results go to.
public enum OutputFolder {
    /// Makes a folder and those above it that are missing.
    ///
    /// - Throws: `cannotWrite` naming what stands in the way.
    public static func make(_ path: String) throws(CheckpointError) {
        func fail(_ cause: String) -> CheckpointError { .cannotWrite(file: path, cause: cause, written: 0, wanted: 0) }
        guard !path.isEmpty else { throw fail("expected the name of a folder, found nothing") }
        let parts = path.split(separator: "/")
        var made = path.hasPrefix("/") ? "/" : ""
        for part in parts {
            made += "\(part)/"
            let place = String(made.dropLast())
            if mkdir(place, 0o777) == 0 { continue }
            let failure = errno
            var status = stat()
            if stat(place, &status) == 0 {
                guard status.st_mode & S_IFMT == S_IFDIR else {
                    throw fail("expected a folder, found a file at \(place)")
                }
            } else {
                throw fail("the folder \(place) cannot be made: \(systemErrorText(failure))")
            }
        }
        guard access(path, W_OK | X_OK) == 0 else { throw fail("the folder cannot be written: \(systemErrorText())") }
    }
}
