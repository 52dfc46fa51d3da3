#pragma once
#include <stdint.h>
#include "clones.h"

/// x / (1 + e^-x) within 1.5e-7 · max(1, |x|): what an edge's hidden vector needs, at half the work of `exponential`.
///
/// e^-x = 2^n 2^f with |f| <= 1/2; 2^f by the polynomial of degree 5 that is best relative to it (7.5e-8); 2^n by
/// adding n to the exponent. Beyond |x| = 87 the result is x or 0 to float precision whatever e^-x is, so its exponent
/// is kept in range.
NINO_INLINE float edge_silu(float x) {
    const float rounder = 12582912.0f; // 1.5 · 2^23: adding it rounds to an integer in the low bits
    float t = -1.44269504f * x;
    t = t > 126.0f ? 126.0f : t;
    t = t < -126.0f ? -126.0f : t;
    float shifted = t + rounder;
    float f = t - (shifted - rounder);
    float p = 1.32764713e-3f;
    p = p * f + 9.67554189e-3f;
    p = p * f + 5.55071309e-2f;
    p = p * f + 2.40221202e-1f;
    p = p * f + 6.93146944e-1f;
    p = p * f + 1.00000012f;
    union {
        float f;
        int32_t i;
    } n = {shifted}, power = {p};
    power.i += (int32_t)((uint32_t)n.i << 23);
    return x / (1.0f + power.f);
}
