import CNinoPlugin

extension nino_host_config_tensors_t {
    /// A copy of a tensor beside the config.
    /// - Throws: what the host reports.
    func tensor(_ config: OpaquePointer, _ file: String, _ name: String) throws -> (values: [Float], shape: [Int]) {
        var values: UnsafePointer<Float>?
        var sizes = [Int64](repeating: 0, count: Int(NINO_MAX_RANK))
        var rank: Int64 = 0
        try check { read(config, file, name, &values, &sizes, &rank, $0) }
        let shape = sizes.prefix(Int(rank)).map(Int.init)
        return (Array(UnsafeBufferPointer(start: values, count: shape.reduce(1, *))), shape)
    }
}
