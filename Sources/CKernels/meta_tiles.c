#include "exponential.h"
#include "nino_meta_kernels.h"

// Columns at a time: few enough that sums stay in registers.
#define LANES 32

void nino_gather_rows(const float *x, const int32_t *offsets, int64_t unit, int64_t rows, int64_t columns, float *out) {
    for (int64_t e = 0; e < rows; e++) {
        const float *from = x + offsets[e] * unit;
        for (int64_t i = 0; i < columns; i++) out[e * columns + i] = from[i];
    }
}

NINO_INLINE void activate(float x, float *hidden, float *slope) {
    float s = logistic(x);
    *hidden = x * s;
    *slope = s + x * s * (1 - s);
}

NINO_CLONES void nino_edge_activation(const nino_edge_tile_t *tile, const float *source_terms,
                                      const float *target_terms, const float *constants, float *hidden, float *slopes) {
    const int64_t width = tile->width;
    for (int64_t t = 0, e = 0; t < tile->targets; t++) {
        const float *restrict v = target_terms + t * width;
        for (int64_t s = 0; s < tile->fan_in; s++, e++) {
            const float *restrict u = source_terms + tile->sources[e] * width;
            float *restrict h = hidden + e * width, *restrict d = slopes + e * width;
            for (int64_t i = 0; i < width; i++) activate(h[i] + u[i] + v[i] + constants[i], h + i, d + i);
        }
    }
}

NINO_CLONES void nino_edge_activation_pullback(const nino_edge_tile_t *tile, const float *gradients, float *slopes,
                                               double *source_sums, double *target_sums,
                                               double *restrict constant_sums) {
    const int64_t width = tile->width;
    for (int64_t t = 0, e = 0; t < tile->targets; t++) {
        double *restrict v = target_sums + t * width;
        for (int64_t s = 0; s < tile->fan_in; s++, e++) {
            const float *restrict g = gradients + e * width;
            float *restrict d = slopes + e * width;
            double *restrict u = source_sums + tile->sources[e] * width;
            for (int64_t i = 0; i < width; i++) {
                float x = d[i] * g[i];
                d[i] = x;
                u[i] += x;
                v[i] += x;
                constant_sums[i] += x;
            }
        }
    }
}

NINO_CLONES void nino_row_activation(const float *bias, int64_t rows, int64_t width, float *hidden, float *slopes) {
    for (int64_t r = 0; r < rows; r++) {
        float *restrict h = hidden + r * width, *restrict d = slopes + r * width;
        for (int64_t i = 0; i < width; i++) activate(h[i] + bias[i], h + i, d + i);
    }
}

NINO_CLONES void nino_row_activation_pullback(const float *gradients, int64_t rows, int64_t width, float *slopes,
                                              double *sums) {
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict g = gradients + r * width;
        float *restrict d = slopes + r * width;
        for (int64_t i = 0; i < width; i++) {
            d[i] *= g[i];
            sums[i] += d[i];
        }
    }
}

NINO_INLINE void messages(const nino_edge_tile_t *tile, const float *scales, const float *scale_constants,
                          const float *shift_constants, const float *source_values, const float *target_values,
                          double *sums, int64_t t, int64_t first, int64_t lanes) {
    const int64_t width = tile->width;
    const float *restrict c = scale_constants + first, *restrict z = target_values + t * width + first;
    float m[LANES] = {0};
    for (int64_t e = t * tile->fan_in; e < (t + 1) * tile->fan_in; e++) {
        const float *restrict a = scales + e * width + first, *restrict y =
                                                                  source_values + tile->sources[e] * width + first;
        for (int64_t i = 0; i < lanes; i++) m[i] += (a[i] + c[i]) * (y[i] + z[i]);
    }
    for (int64_t i = 0; i < lanes; i++)
        sums[t * width + first + i] += m[i] + (double)tile->fan_in * shift_constants[first + i];
}

NINO_CLONES void nino_edge_messages(const nino_edge_tile_t *tile, const float *scales, const float *scale_constants,
                                    const float *shift_constants, const float *source_values,
                                    const float *target_values, double *sums) {
    for (int64_t t = 0; t < tile->targets; t++)
        for (int64_t first = 0; first < tile->width; first += LANES) {
            int64_t rest = tile->width - first;
            if (rest >= LANES)
                messages(tile, scales, scale_constants, shift_constants, source_values, target_values, sums, t, first,
                         LANES);
            else
                messages(tile, scales, scale_constants, shift_constants, source_values, target_values, sums, t, first,
                         rest);
        }
}

NINO_CLONES void nino_edge_messages_pullback(const nino_edge_tile_t *tile, const float *scales,
                                             const float *scale_constants, const float *source_values,
                                             const float *target_values, const float *message_gradients,
                                             float *scale_gradients, const nino_message_sums_t *sums) {
    const int64_t width = tile->width;
    double *restrict constants = sums->scale_constants;
    for (int64_t t = 0, e = 0; t < tile->targets; t++) {
        const float *restrict g = message_gradients + t * width, *restrict z = target_values + t * width;
        double *restrict dz = sums->targets + t * width;
        for (int64_t s = 0; s < tile->fan_in; s++, e++) {
            const float *restrict a = scales + e * width, *restrict y = source_values + tile->sources[e] * width;
            float *restrict da = scale_gradients + e * width;
            double *restrict dy = sums->sources + tile->sources[e] * width;
            for (int64_t i = 0; i < width; i++) {
                float value = (a[i] + scale_constants[i]) * g[i], scale = g[i] * (y[i] + z[i]);
                da[i] = scale;
                dy[i] += value;
                dz[i] += value;
                constants[i] += scale;
            }
        }
        for (int64_t i = 0; i < width; i++) sums->shift_constants[i] += (double)tile->fan_in * g[i];
    }
}

NINO_CLONES void nino_group_sums(const float *rows, int64_t targets, int64_t fan_in, int64_t columns, double *sums,
                                 int64_t stride) {
    for (int64_t t = 0; t < targets; t++)
        for (int64_t s = 0; s < fan_in; s++)
            for (int64_t i = 0; i < columns; i++) sums[t * stride + i] += rows[(t * fan_in + s) * columns + i];
}

NINO_CLONES void nino_row_sums(const float *x, int64_t rows, int64_t width, double *sums) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < width; i++) sums[i] += x[r * width + i];
}

NINO_CLONES double nino_absolute_errors(float *outputs, const float *targets, const int32_t *offsets,
                                        const float *weights, int64_t rows, int64_t slots, int64_t horizons,
                                        float factor) {
    double lanes[16] = {0};
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t f = 0; f < slots; f++) {
            float *restrict o = outputs + (r * slots + f) * horizons;
            const float *restrict t = targets + (offsets[r] + f) * horizons;
            float sums[16] = {0};
            for (int64_t k = 0; k < horizons; k++) {
                float error = factor * o[k] - t[k], weight = weights[k];
                float sign = error > 0 ? 1.0f : (error < 0 ? -1.0f : error); // NaN stays NaN
                o[k] = factor * weight * sign;
                sums[k & 15] += weight * (error < 0 ? -error : error);
            }
            for (int j = 0; j < 16; j++) lanes[j] += sums[j];
        }
    }
    double total = 0;
    for (int j = 0; j < 16; j++) total += lanes[j];
    return total;
}

NINO_CLONES void nino_scatter_rows(const float *outputs, const int32_t *offsets, int64_t rows, int64_t slots,
                                   int64_t horizons, float factor, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict from = outputs + r * slots * horizons;
        float *restrict to = out + offsets[r] * horizons;
        for (int64_t i = 0; i < slots * horizons; i++) to[i] += factor * from[i];
    }
}

NINO_CLONES void nino_flush(float *x, int64_t rows, int64_t columns, double *sums, int64_t stride) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < columns; i++) {
            sums[r * stride + i] += x[r * columns + i];
            x[r * columns + i] = 0;
        }
}
