#include "clones.h"
#include "nino_kernels.h"

NINO_CLONES void nino_add(const float *a, const float *b, float *out, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

NINO_CLONES void nino_multiply(const float *a, const float *b, float *out, int64_t n, int accumulate) {
    if (accumulate)
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) out[i] += a[i] * b[i];
    else
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) out[i] = a[i] * b[i];
}

NINO_CLONES void nino_scale(float factor, const float *x, float *out, int64_t n, int accumulate) {
    if (accumulate)
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) out[i] += factor * x[i];
    else
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) out[i] = factor * x[i];
}

NINO_CLONES void nino_add_scalar(float value, float *x, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) x[i] += value;
}

NINO_CLONES void nino_relu(const float *x, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
}

NINO_CLONES void nino_relu_pullback(const float *y, const float *dy, float *dx, int64_t n, int accumulate) {
    if (accumulate)
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) dx[i] += y[i] > 0 ? dy[i] : 0;
    else
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
