/* Gives numbers that are none. */
#include "../hostile.h"

static nino_status_t describe_with_nan(const nino_architecture_t *architecture, const nino_model_t *model,
                                       const nino_model_builder_t *builder, nino_error_t *error) {
    const int64_t shape[] = {3};
    const double range[] = {NAN, INFINITY};
    nino_tensor_t tensor = {"weight", NINO_PARAMETER, NINO_FLOAT32, shape, 1, NULL, {NINO_INIT_UNIFORM, range, 2},
                            NULL};
    return builder->add_tensor(builder, &tensor, error);
}

HOSTILE("not-finite", tables.descriptor.describe = describe_with_nan)
