#include <string.h>
#include "clones.h"
#include "nino_kernels.h"

/// The output positions `first ..< end` whose source `position · stride + offset` lies in 0 ..< size.
NINO_INLINE void valid_range(int64_t offset, int64_t stride, int64_t size, int64_t count, int64_t *first,
                             int64_t *end) {
    int64_t low = offset < 0 ? (-offset + stride - 1) / stride : 0;
    int64_t high = size > offset ? (size - offset + stride - 1) / stride : 0;
    *first = low < count ? low : count;
    *end = high < count ? high : count;
    if (*end < *first) *end = *first;
}

NINO_CLONES void nino_im2col(const float *image, const nino_window_t *w, float *columns, int64_t stride) {
    for (int64_t c = 0; c < w->channels; c++)
        for (int64_t ky = 0; ky < w->kernel_height; ky++)
            for (int64_t kx = 0; kx < w->kernel_width; kx++, columns += stride) {
                int64_t first, end;
                valid_range(kx * w->dilation_width - w->padding_left, w->stride_width, w->width, w->output_width,
                            &first, &end);
                for (int64_t y = 0; y < w->output_height; y++) {
                    float *row = columns + y * w->output_width;
                    int64_t source_y = y * w->stride_height + ky * w->dilation_height - w->padding_top;
                    if (source_y < 0 || source_y >= w->height) {
                        memset(row, 0, (size_t)w->output_width * sizeof(float));
                        continue;
                    }
                    const float *source =
                        image + (c * w->height + source_y) * w->width + kx * w->dilation_width - w->padding_left;
                    for (int64_t x = 0; x < first; x++) row[x] = 0;
                    for (int64_t x = first; x < end; x++) row[x] = source[x * w->stride_width];
                    for (int64_t x = end; x < w->output_width; x++) row[x] = 0;
                }
            }
}

NINO_CLONES void nino_col2im(const float *columns, const nino_window_t *w, float *image, int64_t stride) {
    for (int64_t c = 0; c < w->channels; c++)
        for (int64_t ky = 0; ky < w->kernel_height; ky++)
            for (int64_t kx = 0; kx < w->kernel_width; kx++, columns += stride) {
                int64_t first, end;
                valid_range(kx * w->dilation_width - w->padding_left, w->stride_width, w->width, w->output_width,
                            &first, &end);
                for (int64_t y = 0; y < w->output_height; y++) {
                    int64_t source_y = y * w->stride_height + ky * w->dilation_height - w->padding_top;
                    if (source_y < 0 || source_y >= w->height) continue;
                    const float *row = columns + y * w->output_width;
                    float *target =
                        image + (c * w->height + source_y) * w->width + kx * w->dilation_width - w->padding_left;
                    for (int64_t x = first; x < end; x++) target[x * w->stride_width] += row[x];
                }
            }
}
