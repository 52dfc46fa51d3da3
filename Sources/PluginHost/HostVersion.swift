/// The version of program and library.
public enum HostVersion {
    public static let text = "1.0.0"
}
