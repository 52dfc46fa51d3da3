#include "nino_arrays.h"

#include <string.h>

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float from_bf16(uint16_t half) {
    return from_bits((uint32_t)half << 16);
}

static uint16_t to_bf16(float value) {
    uint32_t bits = to_bits(value);
    /* A NaN whose payload lies in the lower half must not become infinite. */
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float from_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    /* Infinity and NaN; numbers; subnormal numbers, which are multiples of 2^-24. */
    if (magnitude >= 0x7c00) return from_bits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    if (magnitude >= 0x400) return from_bits(sign | ((magnitude << 13) + (112u << 23)));
    return sign ? -(float)magnitude * 0x1p-24f : (float)magnitude * 0x1p-24f;
}

static uint16_t to_f16(float value) {
    uint32_t bits = to_bits(value), magnitude = bits & 0x7fffffff;
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    /* From 65520 on the nearest is infinity. */
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude < 0x38800000) {
        /* Below 2^-14: adding 0.5 leaves the nearest multiple of 2^-24 in the lowest bits. */
        return sign | (uint16_t)(to_bits(from_bits(magnitude) + 0.5f) - 0x3f000000);
    }
    uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1) - (112u << 23);
    return sign | (uint16_t)(rounded >> 13);
}

void nino_read_f32(const void *address, int64_t distance, int64_t count, float *output) {
    const float *input = address;
    if (distance == 1) {
        memcpy(output, input, (size_t)count * sizeof *output);
    } else {
        for (int64_t i = 0; i < count; i++) output[i] = input[i * distance];
    }
}

void nino_read_f16(const void *address, int64_t distance, int64_t count, float *output) {
    const uint16_t *input = address;
    for (int64_t i = 0; i < count; i++) output[i] = from_f16(input[i * distance]);
}

void nino_read_bf16(const void *address, int64_t distance, int64_t count, float *output) {
    const uint16_t *input = address;
    for (int64_t i = 0; i < count; i++) output[i] = from_bf16(input[i * distance]);
}

void nino_write_f32(const float *values, int64_t count, void *address, int64_t distance) {
    float *output = address;
    if (distance == 1) {
        memcpy(output, values, (size_t)count * sizeof *output);
    } else {
        for (int64_t i = 0; i < count; i++) output[i * distance] = values[i];
    }
}

void nino_write_f16(const float *values, int64_t count, void *address, int64_t distance) {
    uint16_t *output = address;
    for (int64_t i = 0; i < count; i++) output[i * distance] = to_f16(values[i]);
}

void nino_write_bf16(const float *values, int64_t count, void *address, int64_t distance) {
    uint16_t *output = address;
    for (int64_t i = 0; i < count; i++) output[i * distance] = to_bf16(values[i]);
}
