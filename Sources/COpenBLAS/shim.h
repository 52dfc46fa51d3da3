#pragma once
#include <cblas.h>

// LAPACK's symmetric eigensolver, which OpenBLAS carries without a C header (netlib.org/lapack, dsyev).
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);
