#include "nino_edge_kernels.h"

// The same product on numbers rounded to bfloat16, summed in float32 (x86-64 with AVX512-BF16).

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512bf16,avx512f,avx512vl,avx512dq,avx512bw")))
#define INLINE static inline __attribute__((always_inline)) TARGET
/// Rows at a time: with two registers of columns each, half of the registers hold sums.
#define ROWS 8

int nino_has_bf16_products(void) {
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("x86-64-v4");
}

/// Pairs of neighbouring k lie side by side, as the instruction takes them.
TARGET void nino_pack_bf16(const float *b, int64_t k, int64_t n, uint16_t *packed) {
    for (int64_t panel = 0; panel < n; panel += NINO_PACK_COLUMNS)
        for (int64_t i = 0; i < k; i += 2)
            for (int64_t j = 0; j < NINO_PACK_COLUMNS; j++)
                for (int64_t pair = 0; pair < 2; pair++) {
                    __m128bh rounded = _mm_cvtneps_pbh(_mm_set_ss(b[(i + pair) * n + panel + j]));
                    memcpy(packed++, &rounded, 2);
                }
}

INLINE void tile(const int rows, int64_t k, int64_t n, const uint32_t *a, const uint16_t *packed, float *c) {
    __m512 sum[ROWS][2];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) sum[row][0] = sum[row][1] = _mm512_setzero_ps();
    for (int64_t i = 0; i < k / 2; i++, packed += 2 * NINO_PACK_COLUMNS) {
        __m512bh left = (__m512bh)_mm512_loadu_si512(packed), right = (__m512bh)_mm512_loadu_si512(packed + 32);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            __m512bh pair = (__m512bh)_mm512_set1_epi32((int)a[row * (k / 2) + i]);
            sum[row][0] = _mm512_dpbf16_ps(sum[row][0], pair, left);
            sum[row][1] = _mm512_dpbf16_ps(sum[row][1], pair, right);
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        _mm512_storeu_ps(c + row * n, sum[row][0]);
        _mm512_storeu_ps(c + row * n + 16, sum[row][1]);
    }
}

TARGET void nino_packed_product_bf16(int64_t rows, int64_t k, int64_t n, const float *a, const uint16_t *packed,
                                     float *c, uint32_t *rounded) {
    for (int64_t i = 0; i < rows * k; i += 32) {
        __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(a + i));
        _mm512_storeu_si512(rounded + i / 2, (__m512i)pair);
    }
    for (int64_t column = 0; column < n; column += NINO_PACK_COLUMNS, packed += k * NINO_PACK_COLUMNS) {
        int64_t row = 0;
        for (; row + ROWS <= rows; row += ROWS) tile(ROWS, k, n, rounded + row * k / 2, packed, c + row * n + column);
        for (; row < rows; row++) tile(1, k, n, rounded + row * k / 2, packed, c + row * n + column);
    }
}

#else

int nino_has_bf16_products(void) {
    return 0;
}
void nino_pack_bf16(const float *b, int64_t k, int64_t n, uint16_t *packed) {
    __builtin_trap();
}
void nino_packed_product_bf16(int64_t rows, int64_t k, int64_t n, const float *a, const uint16_t *packed, float *c,
                              uint32_t *rounded) {
    __builtin_trap();
}

#endif
