// Loops over tiles of graph edges, for networks that pass messages along them.
//
// A tile holds `targets` × `fan_in` edges; edge e = t · fan_in + s runs from node `sources[e]` to the tile's target t.
// Per-edge rows hold `width` floats. Sums run in edge order, so they depend on the tile alone. No function allocates,
// fails, or starts a thread.
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

/// The inputs of a tile's edges: channel c of the edge from its target t's source s is
/// `values[c · channel_stride + t · target_stride + s · source_stride]`.
typedef struct {
    const float *values;
    /// A multiple of 5 (states of one slot), or 0.
    int64_t channel_count;
    int64_t channel_stride, target_stride, source_stride;
} nino_edge_states_t;

/// hidden[e] = silu(sum over c of (channel c of e) · weights[c] + source_terms[sources[e]] + target_terms[t])
/// - weights: [channel_count][width]
/// - source_terms: [nodes][width]; target_terms: [targets][width]; hidden: [edges][width]
void nino_edge_input_silu(const nino_edge_tile_t *tile, const nino_edge_states_t *states, const float *weights,
                          const float *source_terms, const float *target_terms, float *hidden);

/// hidden[e] = silu(hidden[e] + source_terms[sources[e]] + target_terms[t]), without the second where it is NULL
void nino_edge_update_silu(const nino_edge_tile_t *tile, const float *source_terms, const float *target_terms,
                           float *hidden);

/// messages[t] += sum over s of scales[e] ⊙ values[sources[e]]; hidden_sums[t] += sum over s of hidden[e]
/// - scales, hidden: [edges][width]; values: [nodes][width]; messages, hidden_sums: [targets][width]
void nino_edge_message_sums(const nino_edge_tile_t *tile, const float *scales, const float *hidden, const float *values,
                            double *messages, double *hidden_sums);

/// messages[t] += sum over s of (sum over c of (channel c) · weights[c]) ⊙ values[sources[e]]
void nino_edge_input_message_sums(const nino_edge_tile_t *tile, const nino_edge_states_t *states, const float *weights,
                                  const float *values, double *messages);

/// messages[t] += sum over c of products[c][t] ⊙ weights[c]
/// - products: [channel_count][targets][width]
void nino_channel_message_sums(const float *products, const float *weights, int64_t channel_count, int64_t targets,
                               int64_t width, double *messages);

/// outputs[f][e] = bias[f] + dot(weights[f], hidden[e])
/// - hidden: [edges][width]; weights: [slots][width]; outputs: [slots][output_stride]
void nino_edge_outputs(const float *hidden, int64_t edges, int64_t width, const float *weights, const float *bias,
                       int64_t slots, float *outputs, int64_t output_stride);

/// out[r][c] = x[r · row_stride + c · column_stride]; out has out_stride elements from row to row.
void nino_gather(const float *x, int64_t rows, int64_t row_stride, int64_t columns, int64_t column_stride, float *out,
                 int64_t out_stride);

/// x = ((x − mean_high) − mean_low) · factor, over rows of `columns` elements, `stride` apart.
void nino_standardize(float *x, int64_t rows, int64_t columns, int64_t stride, float mean_high, float mean_low,
                      float factor);

/// sums[0] += sum of (x − shift), sums[1] += sum of (x − shift)²
void nino_shifted_sums(const float *x, int64_t n, double shift, double *sums);

/// Columns that a packed matrix keeps together.
#define NINO_PACK_COLUMNS 32

/// Lays b [k][n] out for `nino_packed_product`: [n / NINO_PACK_COLUMNS][k][NINO_PACK_COLUMNS]; n is a multiple of
/// NINO_PACK_COLUMNS.
void nino_pack(const float *b, int64_t k, int64_t n, float *packed);

/// c [rows][n] = a [rows][k] · b; a row's result depends on that row alone.
void nino_packed_product(int64_t rows, int64_t k, int64_t n, const float *a, const float *packed, float *c);

/// hidden[e] = silu(a[e] · b + source_terms[sources[e]] + target_terms[t]), without the second where it is NULL
/// - a: [edges][width]; packed: b [width][width]
void nino_edge_product_silu(const nino_edge_tile_t *tile, const float *a, const float *packed,
                            const float *source_terms, const float *target_terms, float *hidden);

/// As `nino_edge_message_sums` with scales hidden · b.
void nino_edge_product_message_sums(const nino_edge_tile_t *tile, const float *hidden, const float *packed,
                                    const float *values, double *messages, double *hidden_sums);

/// Whether the processor has the instructions of the next two, which must not be called otherwise.
int nino_has_bf16_products(void);

/// As `nino_pack`, rounded to bfloat16: [n / NINO_PACK_COLUMNS][k / 2][NINO_PACK_COLUMNS][2]; k and n are multiples of
/// NINO_PACK_COLUMNS.
void nino_pack_bf16(const float *b, int64_t k, int64_t n, uint16_t *packed);

/// c = a · b with both factors rounded to bfloat16 and sums in float32; `rounded` has room for [rows][k / 2].
void nino_packed_product_bf16(int64_t rows, int64_t k, int64_t n, const float *a, const uint16_t *packed, float *c,
                              uint32_t *rounded);
