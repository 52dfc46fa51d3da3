#include "clones.h"
#include "edge_silu.h"
#include "nino_edge_kernels.h"

// What the edges of a tile go through: products with a matrix that many tiles share, packed once, each with what
// follows it while its result is in registers.

void nino_pack(const float *b, int64_t k, int64_t n, float *packed) {
    for (int64_t panel = 0; panel < n; panel += NINO_PACK_COLUMNS)
        for (int64_t i = 0; i < k; i++)
            for (int64_t j = 0; j < NINO_PACK_COLUMNS; j++) *packed++ = b[i * n + panel + j];
}

#if defined(__x86_64__)

#define NAME(x) x##_v4
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512cd,avx2,fma,bmi,bmi2")))
#define WIDTH 16
#define ROWS 8
#define REST 4
#include "edge_products_body.h"

#define NAME(x) x##_v3
#define TARGET __attribute__((target("avx2,fma,bmi,bmi2")))
#define WIDTH 8
#define ROWS 6
#define REST 4
#include "edge_products_body.h"

#endif

#define NAME(x) x##_baseline
#define TARGET
#define WIDTH 4
#define ROWS 4
#define REST 2
#include "edge_products_body.h"

#if defined(__x86_64__)
#define CALL(function, ...)                                                     \
    if (__builtin_cpu_supports("x86-64-v4")) return function##_v4(__VA_ARGS__); \
    if (__builtin_cpu_supports("x86-64-v3")) return function##_v3(__VA_ARGS__); \
    function##_baseline(__VA_ARGS__)
#else
#define CALL(function, ...) function##_baseline(__VA_ARGS__)
#endif

void nino_packed_product(int64_t rows, int64_t k, int64_t n, const float *a, const float *packed, float *c) {
    CALL(packed_product, rows, k, n, a, packed, c);
}

void nino_edge_input_silu(const nino_edge_tile_t *tile, const nino_edge_states_t *states, const float *weights,
                          const float *source_terms, const float *target_terms, float *hidden) {
    CALL(input_silu, tile, states, weights, source_terms, target_terms, hidden);
}

void nino_edge_product_silu(const nino_edge_tile_t *tile, const float *a, const float *packed,
                            const float *source_terms, const float *target_terms, float *hidden) {
    CALL(product_silu, tile, a, packed, source_terms, target_terms, hidden);
}

void nino_edge_product_message_sums(const nino_edge_tile_t *tile, const float *hidden, const float *packed,
                                    const float *values, double *messages, double *hidden_sums) {
    CALL(product_message_sums, tile, hidden, packed, values, messages, hidden_sums);
}

void nino_edge_outputs(const float *hidden, int64_t edges, int64_t width, const float *weights, const float *bias,
                       int64_t slots, float *outputs, int64_t output_stride) {
    CALL(outputs, hidden, edges, width, weights, bias, slots, outputs, output_stride);
}
