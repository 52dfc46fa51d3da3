#include "edge_silu.h"
#include "nino_edge_kernels.h"

// The five states of one slot, weighted.
#define FIVE(x, w)                                                                                           \
    ((x)[0] * (w)[i] + (x)[1] * (w)[i + width] + (x)[2] * (w)[i + 2 * width] + (x)[3] * (w)[i + 3 * width] + \
     (x)[4] * (w)[i + 4 * width])

// Reads the states of one slot of an edge into registers.
NINO_INLINE void load_states(const nino_edge_states_t *states, int64_t slot, int64_t t, int64_t s, float *x) {
    const float *edge = states->values + t * states->target_stride + s * states->source_stride;
    for (int i = 0; i < 5; i++) x[i] = edge[(slot * 5 + i) * states->channel_stride];
}

NINO_CLONES void nino_edge_update_silu(const nino_edge_tile_t *tile, const float *source_terms,
                                       const float *target_terms, float *hidden) {
    const int64_t width = tile->width;
    for (int64_t t = 0, e = 0; t < tile->targets; t++) {
        const float *restrict v = target_terms + t * width;
        for (int64_t s = 0; s < tile->fan_in; s++, e++) {
            float *restrict h = hidden + e * width;
            if (source_terms) {
                const float *restrict u = source_terms + tile->sources[e] * width;
                for (int64_t i = 0; i < width; i++) h[i] = edge_silu(h[i] + u[i] + v[i]);
            } else {
                for (int64_t i = 0; i < width; i++) h[i] = edge_silu(h[i] + v[i]);
            }
        }
    }
}

// Columns summed at a time: few enough that the sums stay in registers.
#define LANES 32

NINO_INLINE void message_sums(const nino_edge_tile_t *tile, const float *scales, const float *hidden,
                              const float *values, int64_t t, int64_t first, int64_t lanes, double *messages,
                              double *hidden_sums) {
    const int64_t width = tile->width;
    float m[LANES] = {0}, h[LANES] = {0};
    for (int64_t e = t * tile->fan_in; e < (t + 1) * tile->fan_in; e++) {
        const float *restrict a = scales + e * width + first, *restrict b = hidden + e * width + first;
        const float *restrict y = values + tile->sources[e] * width + first;
        for (int64_t i = 0; i < lanes; i++) {
            m[i] += a[i] * y[i];
            h[i] += b[i];
        }
    }
    for (int64_t i = 0; i < lanes; i++) {
        messages[t * width + first + i] += m[i];
        hidden_sums[t * width + first + i] += h[i];
    }
}

NINO_CLONES void nino_edge_message_sums(const nino_edge_tile_t *tile, const float *scales, const float *hidden,
                                        const float *values, double *messages, double *hidden_sums) {
    for (int64_t t = 0; t < tile->targets; t++) {
        int64_t first = 0;
        for (; first + LANES <= tile->width; first += LANES)
            message_sums(tile, scales, hidden, values, t, first, LANES, messages, hidden_sums);
        if (first < tile->width)
            message_sums(tile, scales, hidden, values, t, first, tile->width - first, messages, hidden_sums);
    }
}

NINO_CLONES void nino_edge_input_message_sums(const nino_edge_tile_t *tile, const nino_edge_states_t *states,
                                              const float *weights, const float *values, double *messages) {
    const int64_t width = tile->width;
    for (int64_t t = 0, e = 0; t < tile->targets; t++) {
        double *restrict m = messages + t * width;
        for (int64_t s = 0; s < tile->fan_in; s++, e++) {
            const float *restrict y = values + tile->sources[e] * width;
            for (int64_t slot = 0; slot < states->channel_count / 5; slot++) {
                const float *restrict w = weights + slot * 5 * width;
                float x[5];
                load_states(states, slot, t, s, x);
                for (int64_t i = 0; i < width; i++) m[i] += FIVE(x, w) * y[i];
            }
        }
    }
}

NINO_CLONES void nino_channel_message_sums(const float *products, const float *weights, int64_t channel_count,
                                           int64_t targets, int64_t width, double *messages) {
    for (int64_t c = 0; c < channel_count; c++) {
        const float *restrict w = weights + c * width;
        for (int64_t t = 0; t < targets; t++) {
            const float *restrict g = products + (c * targets + t) * width;
            double *restrict m = messages + t * width;
            for (int64_t i = 0; i < width; i++) m[i] += g[i] * w[i];
        }
    }
}

NINO_CLONES void nino_gather(const float *x, int64_t rows, int64_t row_stride, int64_t columns, int64_t column_stride,
                             float *out, int64_t out_stride) {
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict from = x + r * row_stride;
        float *restrict to = out + r * out_stride;
        if (column_stride == 1) {
            for (int64_t c = 0; c < columns; c++) to[c] = from[c];
        } else {
            for (int64_t c = 0; c < columns; c++) to[c] = from[c * column_stride];
        }
    }
}

NINO_CLONES void nino_standardize(float *x, int64_t rows, int64_t columns, int64_t stride, float mean_high,
                                  float mean_low, float factor) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) x[r * stride + c] = ((x[r * stride + c] - mean_high) - mean_low) * factor;
}

NINO_CLONES void nino_shifted_sums(const float *x, int64_t n, double shift, double *sums) {
    double first[LANES] = {0}, second[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int64_t j = 0; j < LANES; j++) {
            double d = x[i + j] - shift;
            first[j] += d;
            second[j] += d * d;
        }
    for (int64_t j = 0; i + j < n; j++) {
        double d = x[i + j] - shift;
        first[j] += d;
        second[j] += d * d;
    }
    for (int64_t j = 0; j < LANES; j++) {
        sums[0] += first[j];
        sums[1] += second[j];
    }
}
