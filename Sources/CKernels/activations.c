#include "exponential.h"
#include "nino_kernels.h"

// Writes `value` of each element i to out, or adds it.
#define STORE(out, value)                                                    \
    if (accumulate)                                                          \
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++)(out)[i] += (value); \
    else                                                                     \
        NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++)(out)[i] = (value);

NINO_CLONES void nino_exp(const float *x, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = exponential(x[i]);
}

NINO_CLONES void nino_silu(const float *x, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = x[i] * logistic(x[i]);
}

NINO_INLINE float silu_slope(float x) {
    float s = logistic(x);
    return s + x * s * (1 - s);
}

NINO_CLONES void nino_silu_pullback(const float *x, const float *dy, float *dx, int64_t n,
                                    int accumulate){STORE(dx, dy[i] * silu_slope(x[i]))}

/// Far out e^x is 0 or infinite all the same, and differences stay finite.
NINO_INLINE double limited(double x) {
    x = x > 1000 ? 1000 : x;
    return x < -1000 ? -1000 : x;
}

#define GELU_SCALE 1.5957691216057308 // 2 sqrt(2 / pi)
#define GELU_CUBIC 0.044715           // Hendrycks and Gimpel 2016, arXiv:1606.08415

/// (1 + tanh u) / 2 = logistic(2u), which keeps its relative accuracy where tanh u nears -1.
/// 2u comes in two floats: rounded to one, it would cost 2u units in the last place.
NINO_INLINE float gelu_tanh_gate(float x) {
    double exact = limited(GELU_SCALE * x * (1 + GELU_CUBIC * x * x));
    float rounded = (float)exact;
    return 1 / (1 + exponential(-rounded) * (1 - (float)(exact - rounded)));
}

NINO_INLINE float gelu_tanh(float x) {
    return x * gelu_tanh_gate(x);
}

NINO_INLINE float gelu_tanh_slope(float x) {
    float s = gelu_tanh_gate(x);
    return s + x * s * (1 - s) * (float)GELU_SCALE * (1 + 3 * (float)GELU_CUBIC * x * x);
}

NINO_CLONES void nino_gelu_tanh(const float *x, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = gelu_tanh(x[i]);
}

NINO_CLONES void nino_gelu_tanh_pullback(const float *x, const float *dy, float *dx, int64_t n,
                                         int accumulate){STORE(dx, dy[i] * gelu_tanh_slope(x[i]))}

/// e^(-x^2 / 2), with the rounding of the square undone: it would cost x^2 / 2 units in the last place.
NINO_INLINE float gaussian(float x) {
    double exact = limited(0.5 * (double)x * (double)x);
    float square = (float)exact;
    return exponential(-square) * (1 - (float)(exact - square));
}

/// The normal distribution function, from the Chebyshev fit of erfc with relative error below 1.2e-7 everywhere
/// (Press et al., Numerical Recipes, section 6.2).
NINO_INLINE float normal_distribution(float x, float gauss) {
    float z = (x < 0 ? -x : x) * 0.70710678f;
    float t = 1 / (1 + 0.5f * z);
    float p = 0.17087277f;
    p = p * t - 0.82215223f;
    p = p * t + 1.48851587f;
    p = p * t - 1.13520398f;
    p = p * t + 0.27886807f;
    p = p * t - 0.18628806f;
    p = p * t + 0.09678418f;
    p = p * t + 0.37409196f;
    p = p * t + 1.00002368f;
    p = p * t - 1.26551223f;
    float tail = 0.5f * t * gauss * exponential(p);
    return x < 0 ? tail : 1 - tail;
}

NINO_INLINE float gelu_erf(float x) {
    return x * normal_distribution(x, gaussian(x));
}

NINO_INLINE float gelu_erf_slope(float x) {
    float gauss = gaussian(x);
    return normal_distribution(x, gauss) + x * gauss * 0.39894228f; // 1 / sqrt(2 pi)
}

NINO_CLONES void nino_gelu_erf(const float *x, float *y, int64_t n) {
    NINO_ELEMENTWISE for (int64_t i = 0; i < n; i++) y[i] = gelu_erf(x[i]);
}

NINO_CLONES void nino_gelu_erf_pullback(const float *x, const float *dy, float *dx, int64_t n, int accumulate) {
    STORE(dx, dy[i] * gelu_erf_slope(x[i]))
}
