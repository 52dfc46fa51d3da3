// One instruction set's version of the loops of edge_products.c; included there with these defined:
//   NAME(x)  x with a suffix    TARGET  function attribute    WIDTH  floats in a register
//   ROWS, REST  rows at a time: their sums, two registers of columns and a factor fill the registers
typedef float NAME(vector) __attribute__((vector_size(4 * WIDTH), aligned(4)));
typedef int32_t NAME(integers) __attribute__((vector_size(4 * WIDTH), aligned(4)));

#define VECTOR NAME(vector)
#define INLINE TARGET NINO_INLINE
#define UNROLL _Pragma("clang loop unroll(full)")
/// Columns at a time: two registers.
#define COLUMNS (2 * WIDTH)
/// Calls `function` with a constant number of rows: `step` of them.
#define FOR_ROWS(step, function, ...)    \
    do {                                 \
        if ((step) == ROWS)              \
            function(ROWS, __VA_ARGS__); \
        else if ((step) == REST)         \
            function(REST, __VA_ARGS__); \
        else                             \
            function(1, __VA_ARGS__);    \
    } while (0)

INLINE VECTOR NAME(load)(const float *x) {
    return *(const VECTOR *)x;
}

INLINE void NAME(store)(float *x, VECTOR value) {
    *(VECTOR *)x = value;
}

/// `edge_silu` of each lane.
INLINE VECTOR NAME(silu)(VECTOR x) {
    const float rounder = 12582912.0f;
    VECTOR t = -1.44269504f * x;
    t = __builtin_elementwise_min(t, (VECTOR){} + 126.0f);
    t = __builtin_elementwise_max(t, (VECTOR){} - 126.0f);
    VECTOR shifted = t + rounder;
    VECTOR f = t - (shifted - rounder);
    VECTOR p = 1.32764713e-3f * f + 9.67554189e-3f;
    p = p * f + 5.55071309e-2f;
    p = p * f + 2.40221202e-1f;
    p = p * f + 6.93146944e-1f;
    p = p * f + 1.00000012f;
    NAME(integers) power = (NAME(integers))p + ((NAME(integers))shifted << 23);
    return x / (1.0f + (VECTOR)power);
}

/// How many of the rows that are left to take at once.
INLINE int64_t NAME(step)(int64_t left) {
    return left >= ROWS ? ROWS : left >= REST ? REST : 1;
}

/// Where the columns from `column` on begin in a packed matrix.
INLINE const float *NAME(columns)(const float *packed, int64_t k, int64_t column) {
    return packed + column / NINO_PACK_COLUMNS * NINO_PACK_COLUMNS * k + column % NINO_PACK_COLUMNS;
}

/// Columns whose part of a matrix stays in the first-level cache while rows pass by.
INLINE int64_t NAME(group)(int64_t k, int64_t n) {
    int64_t group = 4096 / k / COLUMNS * COLUMNS;
    return group < COLUMNS ? COLUMNS : group > n ? n : group;
}

/// sum[row] = row of a · columns of the matrix, in registers over the whole of k.
INLINE void NAME(rows_product)(const int rows, int64_t k, const float *a, const float *packed, VECTOR *sum) {
    UNROLL for (int i = 0; i < 2 * rows; i++) sum[i] = (VECTOR){};
    for (int64_t i = 0; i < k; i++, packed += NINO_PACK_COLUMNS) {
        VECTOR left = NAME(load)(packed), right = NAME(load)(packed + WIDTH);
        UNROLL for (int row = 0; row < rows; row++) {
            sum[2 * row] += a[row * k + i] * left;
            sum[2 * row + 1] += a[row * k + i] * right;
        }
    }
}

INLINE void NAME(rows_plain)(const int rows, int64_t k, int64_t n, const float *a, const float *packed, float *c) {
    VECTOR sum[2 * ROWS];
    NAME(rows_product)(rows, k, a, packed, sum);
    UNROLL for (int row = 0; row < rows; row++) {
        NAME(store)(c + row * n, sum[2 * row]);
        NAME(store)(c + row * n + WIDTH, sum[2 * row + 1]);
    }
}

TARGET static void NAME(packed_product)(int64_t rows, int64_t k, int64_t n, const float *a, const float *packed,
                                        float *c) {
    const int64_t group = NAME(group)(k, n);
    for (int64_t start = 0; start < n; start += group)
        for (int64_t row = 0, step; row < rows; row += step) {
            step = NAME(step)(rows - row);
            for (int64_t column = start; column < start + group && column < n; column += COLUMNS)
                FOR_ROWS(step, NAME(rows_plain), k, n, a + row * k, NAME(columns)(packed, k, column),
                         c + row * n + column);
        }
}

/// silu(a · b + u + v); without u where `hears` is 0.
INLINE void NAME(rows_silu)(const int rows, const int hears, int64_t width, const float *a, const float *packed,
                            const float *const *u, const float *const *v, int64_t column, float *out) {
    VECTOR sum[2 * ROWS];
    NAME(rows_product)(rows, width, a, packed, sum);
    UNROLL for (int row = 0; row < rows; row++) {
        VECTOR first = sum[2 * row] + NAME(load)(v[row] + column);
        VECTOR second = sum[2 * row + 1] + NAME(load)(v[row] + column + WIDTH);
        if (hears) {
            first += NAME(load)(u[row] + column);
            second += NAME(load)(u[row] + column + WIDTH);
        }
        NAME(store)(out + row * width, NAME(silu)(first));
        NAME(store)(out + row * width + WIDTH, NAME(silu)(second));
    }
}

/// What `step` edges from `first` on take from their ends: rows of u and v. `place` is the first one's among the edges
/// of its target, then that of the one after them.
INLINE void NAME(ends)(const nino_edge_tile_t *tile, int64_t first, int64_t step, const float *source_terms,
                       const float **target_terms, int64_t *place, const float **u, const float **v) {
    for (int64_t row = 0; row < step; row++) {
        u[row] = source_terms ? source_terms + tile->sources[first + row] * tile->width : source_terms;
        v[row] = *target_terms;
        if (++*place == tile->fan_in) {
            *place = 0;
            *target_terms += tile->width;
        }
    }
}

TARGET static void NAME(product_silu)(const nino_edge_tile_t *tile, const float *a, const float *packed,
                                      const float *source_terms, const float *target_terms, float *hidden) {
    const int64_t width = tile->width, edges = tile->targets * tile->fan_in, group = NAME(group)(width, width);
    const float *u[ROWS], *v[ROWS];
    for (int64_t start = 0; start < width; start += group) {
        const float *own = target_terms;
        for (int64_t e = 0, place = 0, step; e < edges; e += step) {
            step = NAME(step)(edges - e);
            NAME(ends)(tile, e, step, source_terms, &own, &place, u, v);
            for (int64_t column = start; column < start + group && column < width; column += COLUMNS) {
                const float *b = NAME(columns)(packed, width, column);
                float *out = hidden + e * width + column;
                if (source_terms)
                    FOR_ROWS(step, NAME(rows_silu), 1, width, a + e * width, b, u, v, column, out);
                else
                    FOR_ROWS(step, NAME(rows_silu), 0, width, a + e * width, b, u, v, column, out);
            }
        }
    }
}

/// message += (a · b) ⊙ y for edges into one target.
INLINE void NAME(rows_message)(const int rows, int64_t width, const float *a, const float *packed,
                               const int32_t *sources, const float *y, VECTOR *message) {
    VECTOR sum[2 * ROWS];
    NAME(rows_product)(rows, width, a, packed, sum);
    UNROLL for (int row = 0; row < rows; row++) {
        const float *own = y + sources[row] * width;
        message[0] += sum[2 * row] * NAME(load)(own);
        message[1] += sum[2 * row + 1] * NAME(load)(own + WIDTH);
    }
}

TARGET static void NAME(product_message_sums)(const nino_edge_tile_t *tile, const float *hidden, const float *packed,
                                              const float *values, double *messages, double *hidden_sums) {
    const int64_t width = tile->width, fan_in = tile->fan_in;
    for (int64_t t = 0; t < tile->targets; t++)
        for (int64_t column = 0; column < width; column += COLUMNS) {
            const float *own = hidden + t * fan_in * width;
            VECTOR message[2] = {}, sum[2] = {};
            for (int64_t s = 0, step; s < fan_in; s += step) {
                step = NAME(step)(fan_in - s);
                FOR_ROWS(step, NAME(rows_message), width, own + s * width, NAME(columns)(packed, width, column),
                         tile->sources + t * fan_in + s, values + column, message);
            }
            for (int64_t s = 0; s < fan_in; s++) {
                sum[0] += NAME(load)(own + s * width + column);
                sum[1] += NAME(load)(own + s * width + column + WIDTH);
            }
            for (int i = 0; i < COLUMNS; i++) {
                messages[t * width + column + i] += message[i / WIDTH][i % WIDTH];
                hidden_sums[t * width + column + i] += sum[i / WIDTH][i % WIDTH];
            }
        }
}

/// silu(Σ x w + u + v).
INLINE void NAME(rows_input)(const int rows, int64_t width, int64_t channels, const float *const *x,
                             int64_t channel_stride, const float *weights, const float *const *u, const float *const *v,
                             int64_t column, float *out) {
    VECTOR sum[2 * ROWS];
    UNROLL for (int row = 0; row < rows; row++) {
        sum[2 * row] = NAME(load)(u[row] + column) + NAME(load)(v[row] + column);
        sum[2 * row + 1] = NAME(load)(u[row] + column + WIDTH) + NAME(load)(v[row] + column + WIDTH);
    }
    for (int64_t i = 0; i < channels; i++) {
        const float *w = weights + i * width + column;
        VECTOR first = NAME(load)(w), second = NAME(load)(w + WIDTH);
        UNROLL for (int row = 0; row < rows; row++) {
            sum[2 * row] += x[row][i * channel_stride] * first;
            sum[2 * row + 1] += x[row][i * channel_stride] * second;
        }
    }
    UNROLL for (int row = 0; row < rows; row++) {
        NAME(store)(out + row * width, NAME(silu)(sum[2 * row]));
        NAME(store)(out + row * width + WIDTH, NAME(silu)(sum[2 * row + 1]));
    }
}

TARGET static void NAME(input_silu)(const nino_edge_tile_t *tile, const nino_edge_states_t *states,
                                    const float *weights, const float *source_terms, const float *target_terms,
                                    float *hidden) {
    const int64_t width = tile->width, edges = tile->targets * tile->fan_in, channels = states->channel_count;
    const int64_t channel_stride = states->channel_stride;
    const float *u[ROWS], *v[ROWS], *x[ROWS];
    const float *first = states->values, *next = first;
    for (int64_t e = 0, place = 0, met = 0, step; e < edges; e += step) {
        float *out = hidden + e * width;
        step = NAME(step)(edges - e);
        NAME(ends)(tile, e, step, source_terms, &target_terms, &place, u, v);
        for (int64_t row = 0; row < step; row++) {
            x[row] = next;
            next += states->source_stride;
            if (++met == tile->fan_in) {
                met = 0;
                next = first += states->target_stride;
            }
        }
        int64_t column = 0;
        for (; column + COLUMNS <= width; column += COLUMNS)
            FOR_ROWS(step, NAME(rows_input), width, channels, x, channel_stride, weights, u, v, column, out + column);
        for (; column < width; column++)
            for (int64_t row = 0; row < step; row++) {
                float sum = u[row][column] + v[row][column];
                for (int64_t i = 0; i < channels; i++) sum += x[row][i * channel_stride] * weights[i * width + column];
                out[row * width + column] = edge_silu(sum);
            }
    }
}

TARGET static void NAME(outputs)(const float *hidden, int64_t edges, int64_t width, const float *weights,
                                 const float *bias, int64_t slots, float *outputs, int64_t output_stride) {
    for (int64_t e = 0; e < edges; e++)
        for (int64_t f = 0; f < slots; f++) {
            const float *h = hidden + e * width, *w = weights + f * width;
            VECTOR first = {}, second = {};
            int64_t i = 0;
            for (; i + COLUMNS <= width; i += COLUMNS) {
                first += NAME(load)(h + i) * NAME(load)(w + i);
                second += NAME(load)(h + i + WIDTH) * NAME(load)(w + i + WIDTH);
            }
            float rest = 0, lanes[WIDTH];
            for (; i < width; i++) rest += h[i] * w[i];
            NAME(store)(lanes, first + second);
            UNROLL for (int half = WIDTH / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) lanes[j] +=
                lanes[j + half];
            outputs[f * output_stride + e] = bias[f] + lanes[0] + rest;
        }
}

#undef VECTOR
#undef INLINE
#undef UNROLL
#undef COLUMNS
#undef FOR_ROWS
#undef NAME
#undef TARGET
#undef WIDTH
#undef ROWS
#undef REST
