#include "reductions.h"
#include "nino_kernels.h"

NINO_CLONES double nino_sum(const float *x, int64_t n){SUM(n, x[i])}

NINO_CLONES double nino_dot(const float *a, const float *b, int64_t n){SUM(n, (double)a[i] * b[i])}

NINO_CLONES
    double nino_squared_deviation(const float *x, float mean, int64_t n){SUM(n, (double)(x[i] - mean) * (x[i] - mean))}

NINO_CLONES double nino_centered_dot(const float *x, float mean, const float *y,
                                     int64_t n){SUM(n, (double)(x[i] - mean) * y[i])}

NINO_CLONES float nino_max(const float *x, int64_t n) {
    float lanes[LANES];
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = x[0];
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++) lanes[lane] = x[i + lane] > lanes[lane] ? x[i + lane] : lanes[lane];
    float largest = lanes[0];
    for (int lane = 1; lane < LANES; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
    for (; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

#define COLUMN_BLOCK 64

NINO_CLONES void nino_column_sums(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out,
                                  int accumulate) {
    for (int64_t first = 0; first < columns; first += COLUMN_BLOCK) {
        int64_t count = columns - first < COLUMN_BLOCK ? columns - first : COLUMN_BLOCK;
        double sums[COLUMN_BLOCK] = {0};
        for (int64_t row = 0; row < rows; row++)
            for (int64_t j = 0; j < count; j++) sums[j] += x[row * stride + first + j];
        for (int64_t j = 0; j < count; j++) out[first + j] = (accumulate ? out[first + j] : 0) + (float)sums[j];
    }
}
