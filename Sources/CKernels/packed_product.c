#include "clones.h"
#include "nino_edge_kernels.h"

// C = A · B for a B that many tiles share: packed once, so that a tile pays for nothing but its multiplications.

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
#include "packed_product_body.h"

#define NAME(x) x##_v3
#define TARGET __attribute__((target("avx2,fma,bmi,bmi2")))
#define WIDTH 8
#define ROWS 3
#include "packed_product_body.h"

#endif

#define NAME(x) x##_baseline
#define TARGET
#define WIDTH 4
#define ROWS 3
#include "packed_product_body.h"

void nino_packed_product(int64_t rows, int64_t k, int64_t n, const float *a, const float *packed, float *c) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v4")) return product_v4(rows, k, n, a, packed, c);
    if (__builtin_cpu_supports("x86-64-v3")) return product_v3(rows, k, n, a, packed, c);
#endif
    product_baseline(rows, k, n, a, packed, c);
}
