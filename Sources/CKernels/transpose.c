#include "clones.h"
#include "nino_kernels.h"

typedef float vector8 __attribute__((vector_size(32), aligned(4)));

#define LOAD(address) (*(const vector8 *)(address))
#define STORE(address, value) (*(vector8 *)(address) = (value))
/// Of two rows' pairs of lanes 0 and 1, or 2 and 3, in each half.
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)

/// A block of 8 × 8, entirely in registers.
NINO_INLINE void transpose_block(const float *x, int64_t stride, float *out, int64_t out_stride) {
    vector8 r0 = LOAD(x), r1 = LOAD(x + stride), r2 = LOAD(x + 2 * stride), r3 = LOAD(x + 3 * stride);
    x += 4 * stride;
    vector8 r4 = LOAD(x), r5 = LOAD(x + stride), r6 = LOAD(x + 2 * stride), r7 = LOAD(x + 3 * stride);
    vector8 a0 = LOW(r0, r1), a1 = LOW(r2, r3), a2 = HIGH(r0, r1), a3 = HIGH(r2, r3);
    vector8 a4 = LOW(r4, r5), a5 = LOW(r6, r7), a6 = HIGH(r4, r5), a7 = HIGH(r6, r7);
    vector8 b0 = LOW_PAIRS(a0, a1), b1 = HIGH_PAIRS(a0, a1), b2 = LOW_PAIRS(a2, a3), b3 = HIGH_PAIRS(a2, a3);
    vector8 b4 = LOW_PAIRS(a4, a5), b5 = HIGH_PAIRS(a4, a5), b6 = LOW_PAIRS(a6, a7), b7 = HIGH_PAIRS(a6, a7);
    STORE(out, LOW_HALVES(b0, b4));
    STORE(out + out_stride, LOW_HALVES(b1, b5));
    STORE(out + 2 * out_stride, LOW_HALVES(b2, b6));
    STORE(out + 3 * out_stride, LOW_HALVES(b3, b7));
    out += 4 * out_stride;
    STORE(out, HIGH_HALVES(b0, b4));
    STORE(out + out_stride, HIGH_HALVES(b1, b5));
    STORE(out + 2 * out_stride, HIGH_HALVES(b2, b6));
    STORE(out + 3 * out_stride, HIGH_HALVES(b3, b7));
}

/// Element by element, for what is left beside the blocks.
NINO_INLINE void transpose_rest(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out,
                                int64_t out_stride) {
#pragma clang loop unroll(disable) vectorize(disable)
    for (int64_t i = 0; i < rows; i++)
#pragma clang loop unroll(disable) vectorize(disable)
        for (int64_t j = 0; j < columns; j++) out[j * out_stride + i] = x[i * stride + j];
}

NINO_CLONES void nino_transpose(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out,
                                int64_t out_stride) {
    int64_t block_rows = rows / 8 * 8, block_columns = columns / 8 * 8;
    for (int64_t j = 0; j < block_columns; j += 8) {
        // Unrolling would need more addresses than there are registers.
#pragma clang loop unroll(disable)
        for (int64_t i = 0; i < block_rows; i += 8)
            transpose_block(x + i * stride + j, stride, out + j * out_stride + i, out_stride);
    }
    transpose_rest(x + block_columns, rows, columns - block_columns, stride, out + block_columns * out_stride,
                   out_stride);
    transpose_rest(x + block_rows * stride, rows - block_rows, block_columns, stride, out + block_rows, out_stride);
}

/// Rows are short: whole registers, the last one overlapping the one before, instead of a loop for what is left over.
NINO_INLINE void copy_row(const float *from, int64_t n, float *to) {
    if (n < 8) {
        for (int64_t i = 0; i < n; i++) to[i] = from[i];
        return;
    }
#pragma clang loop unroll(disable)
    for (int64_t i = 0; i + 8 <= n; i += 8) STORE(to + i, LOAD(from + i));
    STORE(to + n - 8, LOAD(from + n - 8));
}

NINO_CLONES void nino_pad_image(const float *x, int64_t channels, int64_t height, int64_t width, int64_t top,
                                int64_t left, int64_t padded_height, int64_t padded_width, float *out) {
    for (int64_t c = 0; c < channels; c++) {
        float *to = out + (c * padded_height + top) * padded_width + left;
        for (int64_t y = 0; y < height; y++, x += width, to += padded_width) copy_row(x, width, to);
    }
}

/// Line by line. On x86-64 with the instruction that also takes the line from other cores, which processors without it
/// ignore.
#if defined(__x86_64__)
__attribute__((target("prfchw")))
#endif
void nino_prefetch(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i += 16) __builtin_prefetch(x + i, 1, 3);
}
