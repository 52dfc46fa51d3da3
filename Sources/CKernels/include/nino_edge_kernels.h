// Loops over tiles of graph edges, for networks that pass messages along them.
//
// A tile holds `targets` × `fan_in` edges; edge e = t · fan_in + s runs from node `sources[e]` to the tile's target t. Per-edge rows
// hold `width` floats. Sums run in edge order, so they depend on the tile alone. No function allocates, fails, or starts a thread.
#pragma once
#include <stdint.h>

/// A tile of edges.
typedef struct {
    /// Source node of each edge, `targets` × `fan_in` of them.
    const int32_t *sources;
    int64_t targets;
    int64_t fan_in;
    int64_t width;
} nino_edge_tile_t;

/// hidden[e] = silu(sum over c of channels[c][e] · weights[c] + source_terms[sources[e]] + target_terms[t] )
/// - channels: [channel_count][channel_stride], channel_count a multiple of 5 (states of one slot), or 0
/// - weights: [channel_count][width]
/// - source_terms: [nodes][width]; target_terms: [targets][width]; hidden: [edges][width]
void nino_edge_input_silu(const nino_edge_tile_t *tile, const float *channels, int64_t channel_count, int64_t channel_stride,
                          const float *weights, const float *source_terms, const float *target_terms, float *hidden);

/// hidden[e] = silu(hidden[e] + source_terms[sources[e]] + target_terms[t])
void nino_edge_update_silu(const nino_edge_tile_t *tile, const float *source_terms, const float *target_terms, float *hidden);

/// messages[t] += sum over s of scales[e] ⊙ values[sources[e]]; hidden_sums[t] += sum over s of hidden[e]
/// - scales, hidden: [edges][width]; values: [nodes][width]; messages, hidden_sums: [targets][width]
void nino_edge_message_sums(const nino_edge_tile_t *tile, const float *scales, const float *hidden, const float *values,
                            double *messages, double *hidden_sums);

/// messages[t] += sum over s of (sum over c of channels[c][e] · weights[c]) ⊙ values[sources[e]]
void nino_edge_input_message_sums(const nino_edge_tile_t *tile, const float *channels, int64_t channel_count, int64_t channel_stride,
                                  const float *weights, const float *values, double *messages);

/// messages[t] += sum over c of products[c][t] ⊙ weights[c]
/// - products: [channel_count][targets][width]
void nino_channel_message_sums(const float *products, const float *weights, int64_t channel_count, int64_t targets, int64_t width,
                               double *messages);

/// outputs[f][e] = bias[f] + dot(weights[f], silu(hidden[e] + hidden_bias)); hidden is overwritten
/// - hidden: [edges][width]; weights: [slots][width]; outputs: [slots][output_stride]
void nino_edge_read_out(float *hidden, int64_t edges, int64_t width, const float *hidden_bias, const float *weights, const float *bias,
                        int64_t slots, float *outputs, int64_t output_stride);

/// out[r][c] = x[r · row_stride + c · column_stride]; out has out_stride elements from row to row.
void nino_gather(const float *x, int64_t rows, int64_t row_stride, int64_t columns, int64_t column_stride, float *out, int64_t out_stride);

/// x = ((x − mean_high) − mean_low) · factor, over rows of `columns` elements, `stride` apart.
void nino_standardize(float *x, int64_t rows, int64_t columns, int64_t stride, float mean_high, float mean_low, float factor);

/// sums[0] += sum of (x − shift), sums[1] += sum of (x − shift)²
void nino_shifted_sums(const float *x, int64_t n, double shift, double *sums);
