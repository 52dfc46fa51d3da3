// Evenly spaced elements of float32, float16 or bfloat16 in memory of any owner, read to and written from float32
// numbers that lie side by side.
#pragma once
#include <stdint.h>

/// output[i] = address[i * distance], i = 0 ... count - 1; a distance in elements may be negative.
void nino_read_f32(const void *address, int64_t distance, int64_t count, float *output);
void nino_read_f16(const void *address, int64_t distance, int64_t count, float *output);
void nino_read_bf16(const void *address, int64_t distance, int64_t count, float *output);

/// address[i * distance] = values[i], rounded to the nearest number, to even in the middle.
void nino_write_f32(const float *values, int64_t count, void *address, int64_t distance);
void nino_write_f16(const float *values, int64_t count, void *address, int64_t distance);
void nino_write_bf16(const float *values, int64_t count, void *address, int64_t distance);
