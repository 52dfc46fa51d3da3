/* Has an activation of its own, which reads far behind the end of what it is given. */
#include "../hostile.h"

static void wild(const float *x, float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = ((const volatile float *)x)[i + (1LL << 40)];
}

static const nino_custom_op_t *ops(const nino_architecture_t *architecture, int64_t *count) {
    static const nino_custom_op_t op = {"wild", "void wild(const float *x, float *out, int64_t n)",
                                        (nino_function_t)wild, NULL, NULL};
    *count = 1;
    return &op;
}

static const nino_forward_builder_t *right;

static nino_status_t own_op(const nino_forward_builder_t *builder, const char *name, const nino_value_t *inputs,
                            int64_t input_count, const nino_attribute_t *attributes, int64_t attribute_count,
                            nino_value_t *out, nino_error_t *error) {
    const char *used = strcmp(name, "relu") == 0 ? "custom.wild" : name;
    return right->op(right, used, inputs, input_count, attributes, attribute_count, out, error);
}

static nino_status_t trace_wild(const nino_architecture_t *architecture, const nino_model_t *model,
                                const nino_forward_builder_t *builder, nino_error_t *error) {
    nino_forward_builder_t changed = *builder;
    right = builder;
    changed.op = own_op;
    return trace(architecture, model, &changed, error);
}

HOSTILE("crash-in-op", tables.forward.trace = trace_wild; tables.custom_ops.ops = ops)
