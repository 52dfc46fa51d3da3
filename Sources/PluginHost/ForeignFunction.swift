import CFFI

/// A C function known by its address and signature, called through libffi.
///
/// Unchecked: the call interface is written once, here, and the function itself is thread-safe by contract.
final class ForeignFunction: @unchecked Sendable {
    /// Unchecked for `address` alone: the function is called on ranges that no other thread writes.
    enum Argument: @unchecked Sendable {
        case address(UnsafeMutablePointer<Float>)
        case float(Float)
        case double(Double)
        case int32(Int32)
        case int64(Int64)
    }

    private let address: @convention(c) () -> Void
    private let interface = UnsafeMutablePointer<ffi_cif>.allocate(capacity: 1)
    private let types: UnsafeMutablePointer<UnsafeMutablePointer<ffi_type>?>
    private let count: Int

    /// - Throws: a refusal if libffi cannot call such a function.
    init(_ address: @escaping @convention(c) () -> Void, _ signature: FunctionSignature) throws(Refusal) {
        self.address = address
        count = signature.arguments.count
        types = .allocate(capacity: count)
        for (index, argument) in signature.arguments.enumerated() {
            (types + index).initialize(to: Self.type(argument.type))
        }
        interface.initialize(to: ffi_cif())
        let status = ffi_prep_cif(interface, FFI_DEFAULT_ABI, UInt32(count), nino_ffi_void(), types)
        guard status == FFI_OK else { throw Refusal("libffi cannot call this function (status \(status.rawValue))") }
    }

    deinit {
        interface.deallocate()
        types.deallocate()
    }

    /// - Parameter arguments: of the signature's types.
    func call(_ arguments: [Argument]) {
        precondition(arguments.count == count, "expected \(count) arguments, found \(arguments.count)")
        // Every argument fits in eight bytes; libffi is given the address of each.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { slots in
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: count) { addresses in
                for (index, argument) in arguments.enumerated() {
                    let slot = UnsafeMutableRawPointer(slots.baseAddress! + index)
                    Self.store(argument, in: slot)
                    (addresses.baseAddress! + index).initialize(to: slot)
                }
                ffi_call(interface, address, nil, addresses.baseAddress)
            }
        }
    }

    private static func store(_ argument: Argument, in slot: UnsafeMutableRawPointer) {
        switch argument {
        case .address(let value): slot.storeBytes(of: value, as: UnsafeMutablePointer<Float>.self)
        case .float(let value): slot.storeBytes(of: value, as: Float.self)
        case .double(let value): slot.storeBytes(of: value, as: Double.self)
        case .int32(let value): slot.storeBytes(of: value, as: Int32.self)
        case .int64(let value): slot.storeBytes(of: value, as: Int64.self)
        }
    }

    private static func type(_ type: FunctionSignature.ArgumentType) -> UnsafeMutablePointer<ffi_type>? {
        switch type {
        case .input, .output: nino_ffi_pointer()
        case .float: nino_ffi_float()
        case .double: nino_ffi_double()
        case .int32: nino_ffi_int32()
        case .int64: nino_ffi_int64()
        }
    }
}
