/* Says that a short list is endless. */
#include "../hostile.h"

static nino_status_t describe_without_end(const nino_architecture_t *architecture, const nino_model_t *model,
                                          const nino_model_builder_t *builder, nino_error_t *error) {
    const nino_factor_t factor = {NULL, 3};
    const nino_segment_t segment = {&factor, INT64_MAX};
    const nino_axis_t axis = {&segment, 1};
    const int64_t shape[] = {3};
    nino_tensor_t tensor = {"weight", NINO_PARAMETER, NINO_FLOAT32, shape, 1, &axis, {NINO_INIT_CONSTANT, NULL, 0},
                            NULL};
    return builder->add_tensor(builder, &tensor, error);
}

HOSTILE("huge-count", tables.descriptor.describe = describe_without_end)
