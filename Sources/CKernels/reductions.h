#pragma once
#include "clones.h"

// Partial sums side by side, so that the compiler may vectorize without changing the order of any sum.
#define LANES 16

/// Body of a function: returns the sum over i of `term` in double precision.
#define SUM(n, term)                                                  \
    double lanes[LANES] = {0};                                        \
    int64_t first = 0;                                                \
    for (; first + LANES <= (n); first += LANES)                      \
        for (int lane = 0; lane < LANES; lane++) {                    \
            int64_t i = first + lane;                                 \
            lanes[lane] += (term);                                    \
        }                                                             \
    for (int64_t i = first; i < (n); i++) lanes[i - first] += (term); \
    double total = 0;                                                 \
    for (int lane = 0; lane < LANES; lane++) total += lanes[lane];    \
    return total;
