// One instruction set's version of nino_tile_product; included by tile_product.c with these defined:
//   NAME(x)  x with a suffix    TARGET  function attribute    WIDTH  floats in a register
typedef float NAME(vector) __attribute__((vector_size(4 * WIDTH), aligned(4)));
typedef int32_t NAME(mask) __attribute__((vector_size(4 * WIDTH)));

/// One tile: `runs` runs of `length` rows by one register of columns, held in registers over the whole of k.
/// Up to 13 rows fit the 16 registers of AVX2 beside one of b and one of a; more rows do not raise the speed.
/// One register of columns, not two: half of b stays in the first-level cache.
/// The first three arguments are constants at each call, so that the inner loops unroll.
NINO_INLINE void NAME(tile)(const int runs, const int length, const int64_t step, const nino_tile_rows_t *rows,
                            int64_t first, int64_t valid_rows, const nino_tile_terms_t *terms) {
    const float *base[runs];
    NAME(vector) sum[runs * length];
#pragma clang loop unroll(full)
    for (int run = 0; run < runs; run++)
        base[run] = terms->a + rows->offset[first + (run * length < valid_rows ? run * length : 0)];
#pragma clang loop unroll(full)
    for (int row = 0; row < runs * length; row++)
        sum[row] = terms->bias ? *(const NAME(vector) *)terms->bias : (NAME(vector)){0};
    const float *b = terms->b;
    for (int64_t i = 0; i < terms->k; i++, b += terms->n) {
        NAME(vector) right = *(const NAME(vector) *)b;
        int64_t offset = terms->k_offset[i];
#pragma clang loop unroll(full)
        for (int row = 0; row < runs * length; row++)
            sum[row] += base[row / length][offset + row % length * step] * right;
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < runs * length; row++) {
        if (row >= valid_rows) break;
        NAME(vector) *out = (NAME(vector) *)(terms->c + (first + row) * terms->n);
        NAME(vector) result = sum[row];
        if (terms->relu) result = (NAME(vector))((NAME(mask))result & ~(NAME(mask))(result < 0));
        *out = terms->accumulate ? *out + result : result;
    }
}

/// A tile of `length` rows, one of those `nino_tile_length` chooses from, of a run.
NINO_INLINE void NAME(long_tile)(int64_t length, const int64_t step, const nino_tile_rows_t *rows, int64_t first,
                                 int64_t valid_rows, const nino_tile_terms_t *terms) {
    switch (length) {
    case 13:
        NAME(tile)(1, 13, step, rows, first, valid_rows, terms);
        break;
    case 12:
        NAME(tile)(1, 12, step, rows, first, valid_rows, terms);
        break;
    case 10:
        NAME(tile)(1, 10, step, rows, first, valid_rows, terms);
        break;
    default:
        NAME(tile)(1, 8, step, rows, first, valid_rows, terms);
        break;
    }
}

/// All rows for one register of columns.
TARGET static void NAME(all_rows)(const nino_tile_rows_t *rows, const nino_tile_terms_t *terms) {
    if (rows->run_length == 3 && rows->step == 1) {
        for (int64_t row = 0; row < rows->count; row += 12) NAME(tile)(4, 3, 1, rows, row, rows->count - row, terms);
    } else if (rows->run_length >= 6 && rows->step <= 2) {
        int64_t length = nino_tile_length(rows->run_length);
        for (int64_t run = 0; run < rows->count; run += rows->run_length)
            for (int64_t s = 0; s < rows->run_length; s += length) {
                if (rows->step == 1)
                    NAME(long_tile)(length, 1, rows, run + s, rows->run_length - s, terms);
                else
                    NAME(long_tile)(length, 2, rows, run + s, rows->run_length - s, terms);
            }
    } else {
        for (int64_t row = 0; row < rows->count; row += 6) NAME(tile)(6, 1, 1, rows, row, rows->count - row, terms);
    }
}

static void NAME(product)(const nino_tile_rows_t *rows, const float *a, const int32_t *k_offset, int64_t k,
                          const float *b, int64_t n, float *c, const nino_tile_finish_t *finish) {
    for (int64_t column = 0; column < n; column += WIDTH) {
        nino_tile_terms_t terms = {a,
                                   k_offset,
                                   k,
                                   b + column,
                                   c + column,
                                   n,
                                   finish->bias ? finish->bias + column : 0,
                                   finish->relu,
                                   finish->accumulate};
        NAME(all_rows)(rows, &terms);
    }
}

#undef NAME
#undef TARGET
#undef WIDTH
