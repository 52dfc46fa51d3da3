#include "clones.h"
#include "nino_kernels.h"

/// What all tiles of a product share: C = A · B with rows of B and C `n` elements apart.
typedef struct {
    const float *a;
    const int32_t *k_offset;
    int64_t k;
    const float *b;
    float *c;
    int64_t n;
    const float *bias;
    int relu, accumulate;
} nino_tile_terms_t;

/// How many rows of a run to take at a time: the choice that computes the fewest rows in vain.
static int64_t nino_tile_length(int64_t run_length) {
    const int64_t choices[] = {13, 12, 10, 8};
    int64_t best = 0, least = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        int64_t rows = (run_length + choices[i] - 1) / choices[i] * choices[i];
        if (rows >= least) continue;
        least = rows;
        best = choices[i];
    }
    return best;
}

#if defined(__x86_64__)

#define NAME(x) x##_v4
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512cd,avx2,fma,bmi,bmi2")))
#define WIDTH 16
#include "tile_product_body.h"

#define NAME(x) x##_v3
#define TARGET __attribute__((target("avx2,fma,bmi,bmi2")))
#define WIDTH 8
#include "tile_product_body.h"

#endif

#define NAME(x) x##_baseline
#define TARGET
#define WIDTH 4
#include "tile_product_body.h"

void nino_tile_product(const nino_tile_rows_t *rows, const float *a, const int32_t *k_offset, int64_t k, const float *b,
                       int64_t n, float *c, const nino_tile_finish_t *finish) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v4")) return product_v4(rows, a, k_offset, k, b, n, c, finish);
    if (__builtin_cpu_supports("x86-64-v3")) return product_v3(rows, a, k_offset, k, b, n, c, finish);
#endif
    product_baseline(rows, a, k_offset, k, b, n, c, finish);
}
