/* Computes something else every second time it is asked. */
#include "../hostile.h"

static nino_status_t trace_anew(const nino_architecture_t *architecture, const nino_model_t *model,
                                const nino_forward_builder_t *builder, nino_error_t *error) {
    static int times;
    const float value = (float)(times++ % 2);
    nino_value_t constant;
    TRY(builder->constant(builder, &value, NULL, 0, &constant, error));
    return trace(architecture, model, builder, error);
}

HOSTILE("changes-its-trace", tables.forward.trace = trace_anew)
