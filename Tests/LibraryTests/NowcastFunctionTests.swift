import CNino
import Checkpoints
import Testing

@Suite struct NowcastFunctionTests {
    private let line: LineNetwork

    init() throws { line = try LineNetwork() }

    /// Five states on a line, as memory that `element` fills, laid out by `strides` over a shape of [2, 3].
    private func ahead<Scalar>(
        _ type: nino_scalar_t, strides: [Int64]?, zero: Scalar, _ element: (Float) -> Scalar, _ back: (Scalar) -> Float
    ) throws -> [Float] {
        let step = strides ?? [3, 1]
        let places = (0..<6).map { Int(step[0]) * ($0 / 3) + Int(step[1]) * ($0 % 3) }
        let first = -(places.min() ?? 0)
        let room = (places.max() ?? 0) + first + 1
        var memory = [Scalar](repeating: zero, count: 6 * room)
        for state in 0..<5 {
            for (index, place) in places.enumerated() {
                memory[state * room + first + place] = element(Float(index + state))
            }
        }
        let outcome = memory.withUnsafeMutableBufferPointer { memory in
            step.withUnsafeBufferPointer { pointer in
                let arrays = (0..<6).map {
                    nino_array_t(
                        data: memory.baseAddress! + $0 * room + first, type: type,
                        strides: strides == nil ? nil : pointer.baseAddress)
                }
                let horizon: [Int64] = [3]
                return nino_nowcast(line.network, line.nowcaster, arrays, horizon, 1, [arrays[5]], nil, nil)
            }
        }
        #expect(outcome == NINO_DONE)
        return places.map { back(memory[5 * room + first + $0]) }
    }

    private let expected = (0..<6).map { Float($0 + 7) }

    @Test(arguments: [nil, [3, 1], [1, 2], [5, 2], [-3, 1], [-3, -1], [1, -2]] as [[Int64]?])
    func anyStrideWillDo(strides: [Int64]?) throws {
        let found = try ahead(NINO_F32, strides: strides, zero: Float(0), { $0 }, { $0 })
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-5) }
    }

    @Test(arguments: [nil, [1, 2]] as [[Int64]?])
    func halfPrecisionIsReadAndRounded(strides: [Int64]?) throws {
        let wide = try ahead(
            NINO_BF16, strides: strides, zero: UInt16(0), { UInt16($0.bitPattern >> 16) },
            { Float(bitPattern: UInt32($0) << 16) })
        let narrow = try ahead(
            NINO_F16, strides: strides, zero: UInt16(0), { HalfPrecision.f16($0) }, { HalfPrecision.float(f16: $0) })
        #expect(wide == expected && narrow == expected)
    }

    @Test func whatIsMissingIsNamed() {
        var floats = [Float](repeating: 0, count: 6)
        floats.withUnsafeMutableBufferPointer { floats in
            let array = nino_array_t(data: floats.baseAddress, type: NINO_F32, strides: nil)
            var states = [nino_array_t](repeating: array, count: 5)
            let call = { (horizon: Int64, states: [nino_array_t]) in
                sentence {
                    nino_nowcast(self.line.network, self.line.nowcaster, states, [horizon], 1, [array], nil, $0)
                }
            }
            #expect(call(1, states).0 == NINO_DONE)
            #expect(call(0, states) == (NINO_BAD_INPUT, "horizon: expected 1..., found 0"))
            states[2].data = nil
            #expect(call(1, states) == (NINO_BAD_INPUT, "state 2: w: expected an address, found NULL"))
            states[2] = nino_array_t(data: floats.baseAddress, type: 7, strides: nil)
            #expect(call(1, states) == (NINO_BAD_INPUT, "state 2: w: type: expected 0 to 2, found 7"))
        }
        #expect(
            sentence { nino_nowcast(line.network, nil, nil, [1], 1, nil, nil, $0) }.1
                == "horizons: expected at least one, with arrays for its result, found none")
        #expect(sentence { nino_nowcaster_open("/nowhere/x.pt", nil, $0) }.0 == NINO_BAD_INPUT)
    }

    @Test func aTensorSaysWhatItIs() {
        var info = nino_tensor_info_t()
        #expect(nino_network_tensor(line.network, 0, &info, nil) == NINO_DONE)
        #expect(String(cString: info.name) == "w" && info.rank == 2 && info.shape[0] == 2 && info.shape[1] == 3)
        #expect(info.role == NINO_ROLE_PARAMETER && info.tied_to == nil)
        #expect(
            sentence { nino_network_tensor(line.network, 1, &info, $0) } == (
                NINO_BAD_INPUT, "tensor: expected 0 to 0, found 1"
            ))
    }
}
