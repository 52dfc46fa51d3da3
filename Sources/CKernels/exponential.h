#pragma once
#include <math.h>
#include <stdint.h>
#include "clones.h"

/// e^x within 2 units in the last place; 0 below -87.33 (no denormals), infinity above 88.72.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite); e^r by its Taylor series, whose seventh-degree remainder is
/// below 2^-27; 2^n by building its bits.
NINO_INLINE float exponential(float x) {
    const float rounder = 12582912.0f; // 1.5 · 2^23: adding it rounds to an integer in the low bits
    float limited = x > 88.7228f ? 88.7228f : x;
    limited = limited < -87.33f ? -87.33f : limited;
    float shifted = limited * 1.44269504f + rounder;
    float n = shifted - rounder;
    float r = limited - n * 0.693145752f;
    r = r - n * 1.42860677e-6f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    // 2^n in two factors, as n may be 128.
    union {
        float f;
        int32_t i;
    } bits = {shifted};
    int32_t exponent = bits.i - 0x4B400000;
    int32_t half = exponent >> 1;
    union {
        int32_t i;
        float f;
    } low = {(half + 127) << 23}, high = {(exponent - half + 127) << 23};
    float result = p * low.f * high.f;
    result = x < -87.33f ? 0.0f : result;
    return x > 88.7228f ? INFINITY : result;
}

/// 1 / (1 + e^-x), accurate relative to itself at both ends.
NINO_INLINE float logistic(float x) {
    return 1.0f / (1.0f + exponential(-x));
}
