import ArgumentParser

@main
struct Nino: ParsableCommand {
    func run() throws {}
}
