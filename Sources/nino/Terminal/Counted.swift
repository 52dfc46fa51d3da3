/// `1 run`, `2 runs`: a number with what it counts, in English.
func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }
