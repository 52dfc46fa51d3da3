#pragma once
#include <cblas.h>

// LAPACK's symmetric eigensolver, which OpenBLAS carries without a C header (netlib.org/lapack, dsyev).
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
            const int *lwork, int *info);

// Cholesky factor of a positive definite band matrix, and the solution of its systems (netlib.org/lapack, dpbtrf,
// dpbtrs).
void dpbtrf_(const char *uplo, const int *n, const int *kd, double *ab, const int *ldab, int *info);
void dpbtrs_(const char *uplo, const int *n, const int *kd, const int *nrhs, const double *ab, const int *ldab,
             double *b, const int *ldb, int *info);

// OpenBLAS's own working memory, which it exports without a header (driver/others/memory.c): a buffer from its pool,
// and back into it.
void *blas_memory_alloc(int position);
void blas_memory_free(void *buffer);
