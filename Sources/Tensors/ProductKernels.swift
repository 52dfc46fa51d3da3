import COpenBLAS

/// The processor whose kernels OpenBLAS has chosen: they decide how products round.
public var productKernels: String { String(cString: openblas_get_corename()) }
