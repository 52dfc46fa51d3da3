// Vectorized loops over contiguous float32 memory, for the instruction set found at run time.
//
// Sizes are in elements. `accumulate` is 0 to overwrite an output, 1 to add to it. Sums of many terms run in double
// precision, in an order that depends on the sizes alone. No function allocates, fails, or starts a thread. In
// element-wise functions and in those on rows an output may be the very memory of an input of its size; else nothing
// overlaps.
#pragma once
#include <stdint.h>

// --- Threads (threads.c) ---

/// 1 in a child after fork, which has no thread but one, else 0.
int nino_is_forked(void);

/// Calls `body` once for each worker 0 ... workers - 1, on threads of its own and the caller's, and returns when all
/// are done.
void nino_run_on_threads(int workers, void (*body)(void *context, int worker), void *context);

/// The instruction set whose kernels this processor takes: x86-64-v4, x86-64-v3, or baseline.
const char *nino_instruction_set(void);

/// The processor whose kernels OpenBLAS should take instead of those of `chosen`, which it takes for processors that it
/// does not know; NULL if there are none better for this instruction set.
const char *nino_better_core(const char *chosen, const char *instruction_set);

/// Processors this process may run on.
int nino_processor_count(void);
/// How many parallel regions the calling thread is inside of.
int nino_parallel_depth(void);
void nino_parallel_enter(void);
void nino_parallel_leave(void);

// --- Element-wise (elementwise.c) ---

/// out = a + b
void nino_add(const float *a, const float *b, float *out, int64_t n);
/// out = a · b, or out += a · b
void nino_multiply(const float *a, const float *b, float *out, int64_t n, int accumulate);
/// out = factor · x, or out += factor · x
void nino_scale(float factor, const float *x, float *out, int64_t n, int accumulate);
/// x += value
void nino_add_scalar(float value, float *x, int64_t n);
/// y = max(x, 0); NaN stays NaN
void nino_relu(const float *x, float *y, int64_t n);
/// dx = dy where y > 0, else 0
void nino_relu_pullback(const float *y, const float *dy, float *dx, int64_t n, int accumulate);

// --- Activations, within 1e-6 relative of the exact value (activations.c) ---

/// y = e^x; 0 below -87.33, infinity above 88.72
void nino_exp(const float *x, float *y, int64_t n);
/// y = x / (1 + e^-x)
void nino_silu(const float *x, float *y, int64_t n);
void nino_silu_pullback(const float *x, const float *dy, float *dx, int64_t n, int accumulate);
/// y = x / 2 · (1 + tanh(sqrt(2/pi) · (x + 0.044715 x^3)))
void nino_gelu_tanh(const float *x, float *y, int64_t n);
void nino_gelu_tanh_pullback(const float *x, const float *dy, float *dx, int64_t n, int accumulate);
/// y = x / 2 · (1 + erf(x / sqrt 2))
void nino_gelu_erf(const float *x, float *y, int64_t n);
void nino_gelu_erf_pullback(const float *x, const float *dy, float *dx, int64_t n, int accumulate);

// --- Reductions (reductions.c) ---

/// Sum of x.
double nino_sum(const float *x, int64_t n);
/// Sum of a · b.
double nino_dot(const float *a, const float *b, int64_t n);
/// Sum of (x - mean)^2.
double nino_squared_deviation(const float *x, float mean, int64_t n);
/// Sum of (x - mean) · y.
double nino_centered_dot(const float *x, float mean, const float *y, int64_t n);
/// Largest of x, n >= 1; a NaN in x may be passed over.
float nino_max(const float *x, int64_t n);
/// out[j] = sum over rows of x[row, j]; x is [rows, columns] with `stride` elements from row to row.
void nino_column_sums(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out, int accumulate);

// --- Rows (rows.c); each works on [rows, n] ---

/// y = softmax of each row of x.
void nino_softmax(const float *x, float *y, int64_t rows, int64_t n);
/// dx = y · (dy - sum(y · dy)).
void nino_softmax_pullback(const float *y, const float *dy, float *dx, int64_t rows, int64_t n, int accumulate);
/// log of the sum of e^x over one row, n >= 1.
double nino_log_sum_exp(const float *x, int64_t n);
/// dx = scale · e^(x - log_sum_exp) on one row.
void nino_softmax_scaled(const float *x, double log_sum_exp, float scale, float *dx, int64_t n, int accumulate);
/// y = (x - mean) / sqrt(variance + epsilon) · weight + bias (bias may be NULL); writes each row's mean and 1/sqrt.
void nino_layer_norm(const float *x, const float *weight, const float *bias, double epsilon, float *y, float *mean,
                     float *rstd, int64_t rows, int64_t n);
/// y = x / sqrt(mean of x^2 + epsilon) · weight; writes each row's 1/sqrt.
void nino_rms_norm(const float *x, const float *weight, double epsilon, float *y, float *rstd, int64_t rows, int64_t n);
/// Gradient of layer norm (`mean` given) or RMS norm (`mean` NULL) with respect to x.
void nino_norm_pullback(const float *x, const float *weight, const float *mean, const float *rstd, const float *dy,
                        float *dx, int64_t rows, int64_t n, int accumulate);
/// weight_sum[j] = sum over rows of dy · normalized x; bias_sum[j] = sum over rows of dy (may be NULL).
/// Both in double, overwritten; `mean` is NULL for RMS norm.
void nino_norm_parameter_sums(const float *x, const float *mean, const float *rstd, const float *dy, double *weight_sum,
                              double *bias_sum, int64_t rows, int64_t n);
/// y = (x - mean) · factor + shift
void nino_affine(const float *x, float mean, float factor, float shift, float *y, int64_t n);
/// dx = a · dy + b · (x - mean) + c
void nino_affine_pullback(const float *x, float mean, const float *dy, float a, float b, float c, float *dx, int64_t n,
                          int accumulate);

// --- Convolution (im2col.c) ---

/// The geometry of a 2-D window sliding over an image.
typedef struct {
    int64_t channels, height, width;
    int64_t kernel_height, kernel_width;
    int64_t stride_height, stride_width;
    int64_t padding_top, padding_left;
    int64_t dilation_height, dilation_width;
    int64_t output_height, output_width;
} nino_window_t;

/// columns[(c, ky, kx), (y, x)] = image[c, y·stride + ky·dilation - padding, …], 0 outside; rows are `stride` elements
/// apart.
void nino_im2col(const float *image, const nino_window_t *window, float *columns, int64_t stride);
/// image += the transpose of `nino_im2col` applied to columns.
void nino_col2im(const float *columns, const nino_window_t *window, float *image, int64_t stride);

// --- Products of overlapping windows (tile_product.c) ---

/// Where the rows of a matrix A lie: element (row, i) is a[offset[row] + k_offset[i]].
///
/// Rows come in runs of `run_length` whose offsets are `step` apart; `count` is a multiple of `run_length`.
typedef struct {
    const int32_t *offset;
    int64_t count, run_length, step;
} nino_tile_rows_t;

/// What is done to a product: bias[column] is added (may be NULL), then what is negative becomes 0 if `relu`, then the
/// old C is added if `accumulate`.
typedef struct {
    const float *bias;
    int relu, accumulate;
} nino_tile_finish_t;

/// C = A · B with a finish, for B [k, n] and C [rows, n], n a multiple of 16.
///
/// A is never laid out: a convolution and both its gradients are such products over a padded image. Up to 12 · step
/// elements behind the last one of A may be read, and are not used.
void nino_tile_product(const nino_tile_rows_t *rows, const float *a, const int32_t *k_offset, int64_t k, const float *b,
                       int64_t n, float *c, const nino_tile_finish_t *finish);

/// out[j, i] = x[i, j] for x [rows, columns]; `stride` and `out_stride` elements from row to row.
void nino_transpose(const float *x, int64_t rows, int64_t columns, int64_t stride, float *out, int64_t out_stride);
/// Copies channels of height × width into planes of padded_height × padded_width at (top, left); what is around is left
/// as it is.
void nino_pad_image(const float *x, int64_t channels, int64_t height, int64_t width, int64_t top, int64_t left,
                    int64_t padded_height, int64_t padded_width, float *out);
/// Asks for memory that is about to be written: stores retire in order, and each would wait for its line.
void nino_prefetch(float *x, int64_t n);
