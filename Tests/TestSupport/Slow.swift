import Foundation
import Testing

/// Marks a test or suite that takes seconds: `make test` runs it, `make check` (NINO_FAST=1) does not.
public struct SlowTrait: TestTrait, SuiteTrait {
    public var isRecursive: Bool { true }

    public func prepare(for test: Test) async throws {
        let isFast = ProcessInfo.processInfo.environment["NINO_FAST"] != nil
        try await ConditionTrait.disabled(if: isFast, "slow").prepare(for: test)
    }
}

extension Trait where Self == SlowTrait {
    public static var slow: Self { SlowTrait() }
}
