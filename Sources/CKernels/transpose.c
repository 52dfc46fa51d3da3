#include <stddef.h>
#include "clones.h"
#include "nino_kernels.h"

typedef float vector4 __attribute__((vector_size(16), aligned(4)));

/// What is stored of a value x: x + bias, 0 where that is negative if `relu`; added to what is there if `accumulate`.
typedef struct {
    const float *bias;
    int relu, accumulate;
} finish_t;

NINO_INLINE void store4(float *out, vector4 value, int64_t column, const finish_t finish) {
    if (finish.bias) value += finish.bias[column];
    if (finish.relu) value = (vector4)((__typeof__(value < value))value & ~(value < 0));
    *(vector4 *)out = finish.accumulate ? *(vector4 *)out + value : value;
}

NINO_INLINE void store1(float *out, float value, int64_t column, const finish_t finish) {
    if (finish.bias) value += finish.bias[column];
    if (finish.relu && value < 0) value = 0;
    *out = finish.accumulate ? *out + value : value;
}

/// In blocks of 4 × 4.
NINO_INLINE void transpose(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out, int64_t out_stride,
                           const finish_t finish) {
    int64_t j = 0;
    for (; j + 4 <= columns; j += 4) {
        float *o = out + j * out_stride;
        int64_t i = 0;
        for (; i + 4 <= rows; i += 4) {
            const float *in = x + i * stride + j;
            vector4 r0 = *(const vector4 *)in, r1 = *(const vector4 *)(in + stride), r2 = *(const vector4 *)(in + 2 * stride),
                    r3 = *(const vector4 *)(in + 3 * stride);
            vector4 t0 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), t1 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
            vector4 t2 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7), t3 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
            store4(o + i, __builtin_shufflevector(t0, t1, 0, 1, 4, 5), j, finish);
            store4(o + i + out_stride, __builtin_shufflevector(t0, t1, 2, 3, 6, 7), j + 1, finish);
            store4(o + i + 2 * out_stride, __builtin_shufflevector(t2, t3, 0, 1, 4, 5), j + 2, finish);
            store4(o + i + 3 * out_stride, __builtin_shufflevector(t2, t3, 2, 3, 6, 7), j + 3, finish);
        }
        for (; i < rows; i++)
            for (int64_t c = j; c < j + 4; c++) store1(out + c * out_stride + i, x[i * stride + c], c, finish);
    }
    for (; j < columns; j++)
        for (int64_t i = 0; i < rows; i++) store1(out + j * out_stride + i, x[i * stride + j], j, finish);
}

NINO_CLONES void nino_transpose(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out, int64_t out_stride) {
    transpose(x, rows, columns, stride, out, out_stride, (finish_t){NULL, 0, 0});
}

NINO_CLONES void nino_transpose_add(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out, int64_t out_stride, int accumulate) {
    if (accumulate) transpose(x, rows, columns, stride, out, out_stride, (finish_t){NULL, 0, 1});
    else transpose(x, rows, columns, stride, out, out_stride, (finish_t){NULL, 0, 0});
}

NINO_CLONES void nino_transpose_bias(const float *x, int64_t rows, int64_t columns, int64_t stride, const float *bias, int relu, float *out,
                         int64_t out_stride) {
    if (relu) transpose(x, rows, columns, stride, out, out_stride, (finish_t){bias, 1, 0});
    else transpose(x, rows, columns, stride, out, out_stride, (finish_t){bias, 0, 0});
}

typedef float vector8 __attribute__((vector_size(32), aligned(4)));

/// Rows are short: whole registers, the last one overlapping the one before, instead of a loop for what is left over.
NINO_INLINE void copy_row(const float *from, int64_t n, float *to) {
    if (n < 8) {
        for (int64_t i = 0; i < n; i++) to[i] = from[i];
        return;
    }
    for (int64_t i = 0; i + 8 <= n; i += 8) *(vector8 *)(to + i) = *(const vector8 *)(from + i);
    *(vector8 *)(to + n - 8) = *(const vector8 *)(from + n - 8);
}

NINO_CLONES void nino_pad_image(const float *x, int64_t channels, int64_t height, int64_t width, int64_t top, int64_t left,
                    int64_t padded_height, int64_t padded_width, float *out) {
    for (int64_t c = 0; c < channels; c++)
        for (int64_t y = 0; y < height; y++) {
            const float *from = x + (c * height + y) * width;
            float *to = out + (c * padded_height + top + y) * padded_width + left;
            copy_row(from, width, to);
        }
}
