// Loops over tiles of graph edges for meta-training: the forward pass with what the backward pass needs, and the
// backward pass.
//
// Tiles are those of nino_edge_kernels.h. `targets` × width arrays begin at the tile's first target; node arrays hold
// all nodes. Sums into doubles run in edge order, so they depend on the tile alone. No function allocates, fails, or
// starts a thread.
#pragma once
#include <stdint.h>
#include "nino_edge_kernels.h"

/// out[e] = the `columns` floats of x from offsets[e] · unit on
void nino_gather_rows(const float *x, const int32_t *offsets, int64_t unit, int64_t rows, int64_t columns, float *out);

/// x = hidden + source_terms[sources[e]] + target_terms[t] + constants; hidden = silu(x), slopes = silu'(x)
/// - hidden, slopes: [edges][width]; constants: [width]
void nino_edge_activation(const nino_edge_tile_t *tile, const float *source_terms, const float *target_terms,
                          const float *constants, float *hidden, float *slopes);
/// slopes[e] = gradients[e] ⊙ slopes[e], the gradient of x above; added up in doubles over targets' and sources' edges
/// and over all
/// - source_sums: [nodes][width]; target_sums: [targets][width]; constant_sums: [width]
void nino_edge_activation_pullback(const nino_edge_tile_t *tile, const float *gradients, float *slopes,
                                   double *source_sums, double *target_sums, double *constant_sums);

/// hidden = silu(hidden + bias), slopes = silu' there; rows of `width`
void nino_row_activation(const float *bias, int64_t rows, int64_t width, float *hidden, float *slopes);
/// slopes = gradients ⊙ slopes; sums[i] += sum over rows of it
void nino_row_activation_pullback(const float *gradients, int64_t rows, int64_t width, float *slopes, double *sums);

/// messages[t] += sum over s of (scales[e] + scale_constants) ⊙ (source_values[sources[e]] + target_values[t]) +
/// shift_constants
void nino_edge_messages(const nino_edge_tile_t *tile, const float *scales, const float *scale_constants,
                        const float *shift_constants, const float *source_values, const float *target_values,
                        double *messages);
/// Where the gradients of a tile's messages are added up.
typedef struct {
    double *sources;         ///< of source_values: [nodes][width]
    double *targets;         ///< of target_values: [targets][width]
    double *scale_constants; ///< [width]
    double *shift_constants; ///< [width]
} nino_message_sums_t;
/// With g[t] the gradient of the messages, writes that of the scales and adds up the others.
/// - message_gradients: [targets][width]; scale_gradients: [edges][width]
void nino_edge_messages_pullback(const nino_edge_tile_t *tile, const float *scales, const float *scale_constants,
                                 const float *source_values, const float *target_values, const float *message_gradients,
                                 float *scale_gradients, const nino_message_sums_t *sums);

/// sums[t · stride + i] += sum over s of rows[e][i]; rows: [targets · fan_in][columns]
void nino_group_sums(const float *rows, int64_t targets, int64_t fan_in, int64_t columns, double *sums, int64_t stride);
/// sums[i] += sum over rows of x[row][i]
void nino_row_sums(const float *x, int64_t rows, int64_t width, double *sums);

/// Returns the sum over rows, slots and horizons of weights[k] · |p − t|, where p is factor · outputs and t the
/// targets; outputs become the gradient of that sum with respect to them.
/// - outputs: [rows][slots · horizons]; a row of targets is slots · horizons floats from offsets[row] · horizons on
double nino_absolute_errors(float *outputs, const float *targets, const int32_t *offsets, const float *weights,
                            int64_t rows, int64_t slots, int64_t horizons, float factor);
/// out[offsets[row] · horizons + i] += factor · outputs[row][i]
void nino_scatter_rows(const float *outputs, const int32_t *offsets, int64_t rows, int64_t slots, int64_t horizons,
                       float factor, float *out);

/// sums[i] += x[i]; x is then zero. Rows of `columns`, `stride` apart in sums.
void nino_flush(float *x, int64_t rows, int64_t columns, double *sums, int64_t stride);
