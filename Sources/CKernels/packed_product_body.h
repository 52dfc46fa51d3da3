// One instruction set's version of nino_packed_product; included by packed_product.c with these defined:
//   NAME(x)  x with a suffix    TARGET  function attribute    WIDTH  floats in a register    ROWS  rows at a time
typedef float NAME(vector) __attribute__((vector_size(4 * WIDTH), aligned(4)));

/// `rows` (a constant at each call) rows by one panel of columns, in registers over the whole of k.
NINO_INLINE void NAME(tile)(const int rows, int64_t k, int64_t n, const float *a, const float *packed, float *c) {
    enum { VECTORS = NINO_PACK_COLUMNS / WIDTH };
    NAME(vector) sum[rows * VECTORS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * VECTORS; i++) sum[i] = (NAME(vector)){0};
    const NAME(vector) *b = (const NAME(vector) *)packed;
    for (int64_t i = 0; i < k; i++, b += VECTORS) {
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
            for (int v = 0; v < VECTORS; v++) sum[row * VECTORS + v] += a[row * k + i] * b[v];
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int v = 0; v < VECTORS; v++) *(NAME(vector) *)(c + row * n + v * WIDTH) = sum[row * VECTORS + v];
}

TARGET static void NAME(product)(int64_t rows, int64_t k, int64_t n, const float *a, const float *packed, float *c) {
    for (int64_t column = 0; column < n; column += NINO_PACK_COLUMNS, packed += k * NINO_PACK_COLUMNS) {
        int64_t row = 0;
        for (; row + ROWS <= rows; row += ROWS) NAME(tile)(ROWS, k, n, a + row * k, packed, c + row * n + column);
        for (; row < rows; row++) NAME(tile)(1, k, n, a + row * k, packed, c + row * n + column);
    }
}

#undef NAME
#undef TARGET
#undef WIDTH
#undef ROWS
