/// Scalar types of checkpoint tensors, under their safetensors names.
///
/// The cases stand in the order of the reference implementation (rising alignment), which is the order its writer sorts
/// by.
/// Source: huggingface/safetensors, `tensor.rs`.
public enum DType: String, CaseIterable, Sendable, Hashable {
    case bool = "BOOL"
    case f4 = "F4"
    case f6e2m3 = "F6_E2M3"
    case f6e3m2 = "F6_E3M2"
    case u8 = "U8"
    case i8 = "I8"
    case f8e5m2 = "F8_E5M2"
    case f8e4m3 = "F8_E4M3"
    case f8e8m0 = "F8_E8M0"
    case f8e4m3fnuz = "F8_E4M3FNUZ"
    case f8e5m2fnuz = "F8_E5M2FNUZ"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case c64 = "C64"
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"

    /// Bits of one scalar; below 8 for the packed types.
    public var bits: Int {
        switch self {
        case .f4: 4
        case .f6e2m3, .f6e3m2: 6
        case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
        case .i16, .u16, .f16, .bf16: 16
        case .i32, .u32, .f32: 32
        case .c64, .f64, .i64, .u64: 64
        }
    }

    /// Bytes of one scalar; nil for the packed types, whose scalars share bytes.
    public var size: Int? { bits % 8 == 0 ? bits / 8 : nil }

    /// True for the types that hold whole numbers or truth values.
    public var isInteger: Bool {
        switch self {
        case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64: true
        default: false
        }
    }

    /// True for the real types whose values can be read as `Float`.
    public var isFloatingPoint: Bool {
        switch self {
        case .f16, .bf16, .f32, .f64: true
        default: false
        }
    }

    /// True if values can be read as `Float`.
    public var isReadableAsFloat: Bool { isInteger || isFloatingPoint || isFloat8 }

    /// True for the types of eight bits with sign, exponent and fraction, which hold quantized weights.
    public var isFloat8: Bool {
        switch self {
        case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz: true
        default: false
        }
    }

    /// The type of PyTorch's `torch.float32` and so on.
    init?(torch name: String) {
        switch name {
        case "torch.float32": self = .f32
        case "torch.float64": self = .f64
        case "torch.float16": self = .f16
        case "torch.bfloat16": self = .bf16
        case "torch.int64": self = .i64
        case "torch.int32": self = .i32
        case "torch.int16": self = .i16
        case "torch.int8": self = .i8
        case "torch.uint8": self = .u8
        case "torch.bool": self = .bool
        case "torch.float8_e4m3fn": self = .f8e4m3
        case "torch.float8_e5m2": self = .f8e5m2
        case "torch.float8_e4m3fnuz": self = .f8e4m3fnuz
        case "torch.float8_e5m2fnuz": self = .f8e5m2fnuz
        default: return nil
        }
    }

    /// Position in the reference writer's order: tensors are stored from the highest rank down.
    var rank: Int { DType.rankByType[self]! }

    private static let rankByType = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}
