#include "exponential.h"
#include "nino_kernels.h"
#include "reductions.h"

/// y = e^(x - shift); returns the sum of y.
NINO_INLINE double exponentials(const float *x, float shift, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = exponential(x[i] - shift);
    SUM(n, y[i])
}

NINO_CLONES void nino_softmax(const float *x, float *y, int64_t rows, int64_t n) {
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        float scale = (float)(1 / exponentials(x, nino_max(x, n), y, n));
        for (int64_t i = 0; i < n; i++) y[i] *= scale;
    }
}

NINO_CLONES void nino_softmax_pullback(const float *y, const float *dy, float *dx, int64_t rows, int64_t n,
                                       int accumulate) {
    for (int64_t row = 0; row < rows; row++, y += n, dy += n, dx += n) {
        float mean = (float)nino_dot(y, dy, n);
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) dx[i] = (accumulate ? dx[i] : 0) + y[i] * (dy[i] - mean);
    }
}

NINO_INLINE double sum_of_exponentials(const float *x, float shift, int64_t n){SUM(n, exponential(x[i] - shift))}

NINO_CLONES double nino_log_sum_exp(const float *x, int64_t n) {
    float largest = nino_max(x, n);
    return largest + log(sum_of_exponentials(x, largest, n));
}

NINO_CLONES void nino_softmax_scaled(const float *x, double log_sum_exp, float scale, float *dx, int64_t n,
                                     int accumulate) {
    // The logarithm in two floats: a single one would lose what float32 cannot hold of a large value.
    float high = (float)log_sum_exp;
    float low = (float)(log_sum_exp - high);
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) dx[i] =
        (accumulate ? dx[i] : 0) + scale * exponential((x[i] - high) - low);
}

NINO_CLONES void nino_layer_norm(const float *x, const float *weight, const float *bias, double epsilon, float *y,
                                 float *mean, float *rstd, int64_t rows, int64_t n) {
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        float m = (float)(nino_sum(x, n) / (double)n);
        float r = (float)(1 / sqrt(nino_squared_deviation(x, m, n) / (double)n + epsilon));
        mean[row] = m;
        rstd[row] = r;
        if (bias)
            NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = (x[i] - m) * r * weight[i] + bias[i];
        else
            NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = (x[i] - m) * r * weight[i];
    }
}

NINO_CLONES void nino_rms_norm(const float *x, const float *weight, double epsilon, float *y, float *rstd, int64_t rows,
                               int64_t n) {
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        float r = (float)(1 / sqrt(nino_dot(x, x, n) / (double)n + epsilon));
        rstd[row] = r;
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = x[i] * r * weight[i];
    }
}

/// Sum of dy · weight.
NINO_INLINE double weighted_sum(const float *dy, const float *weight, int64_t n){SUM(n, (double)dy[i] * weight[i])}

/// Sum of dy · weight · (x - mean).
NINO_INLINE double weighted_projection(const float *dy, const float *weight, const float *x, float mean,
                                       int64_t n){SUM(n, (double)(dy[i] * weight[i]) * (x[i] - mean))}

NINO_CLONES void nino_norm_pullback(const float *x, const float *weight, const float *mean, const float *rstd,
                                    const float *dy, float *dx, int64_t rows, int64_t n, int accumulate) {
    for (int64_t row = 0; row < rows; row++, x += n, dy += n, dx += n) {
        float m = mean ? mean[row] : 0, r = rstd[row];
        float average = mean ? (float)(weighted_sum(dy, weight, n) / (double)n) : 0;
        float slope = (float)(weighted_projection(dy, weight, x, m, n) * r * r / (double)n);
        for (int64_t i = 0; i < n; i++)
            dx[i] = (accumulate ? dx[i] : 0) + r * (dy[i] * weight[i] - average - (x[i] - m) * slope);
    }
}

NINO_CLONES void nino_norm_parameter_sums(const float *x, const float *mean, const float *rstd, const float *dy,
                                          double *weight_sum, double *bias_sum, int64_t rows, int64_t n) {
    for (int64_t i = 0; i < n; i++) weight_sum[i] = 0;
    if (bias_sum)
        for (int64_t i = 0; i < n; i++) bias_sum[i] = 0;
    for (int64_t row = 0; row < rows; row++, x += n, dy += n) {
        float m = mean ? mean[row] : 0, r = rstd[row];
        for (int64_t i = 0; i < n; i++) weight_sum[i] += (double)(dy[i] * ((x[i] - m) * r));
        if (bias_sum)
            for (int64_t i = 0; i < n; i++) bias_sum[i] += dy[i];
    }
}

NINO_CLONES void nino_affine(const float *x, float mean, float factor, float shift, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * factor + shift;
}

NINO_CLONES void nino_affine_pullback(const float *x, float mean, const float *dy, float a, float b, float c, float *dx,
                                      int64_t n, int accumulate) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) dx[i] =
        (accumulate ? dx[i] : 0) + (a * dy[i] + b * (x[i] - mean) + c);
}
