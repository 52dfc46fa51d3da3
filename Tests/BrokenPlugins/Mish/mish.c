/* The perceptron with an activation the host does not know, mish (Misra 2019), and three more ops for tests. */
#include "../variant.h"

/* x tanh(softplus(x)), softplus(x) = log(1 + e^x) */
static float softplus(float x) {
    return x > 20 ? x : log1pf(expf(x));
}

static void mish(const float *x, float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = x[i] * tanhf(softplus(x[i]));
}

static void mish_vjp(const float *x, const float *grad_out, float *grad_x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        float t = tanhf(softplus(x[i])), sigmoid = 1 / (1 + expf(-x[i]));
        grad_x[i] = grad_out[i] * (t + x[i] * sigmoid * (1 - t * t));
    }
}

/* Scalars of all types: weight a^power + offset b + shift */
static void blend(const float *a, const float *b, float weight, double offset, int32_t power, int64_t shift, float *out,
                  int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = weight * powf(a[i], power) + (float)offset * b[i] + (float)shift;
}

static void blend_vjp(const float *a, const float *b, float weight, double offset, int32_t power, int64_t shift,
                      const float *grad_out, float *grad_a, float *grad_b, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        grad_a[i] = grad_out[i] * weight * power * powf(a[i], power - 1);
        grad_b[i] = grad_out[i] * (float)offset;
    }
}

/* No gradient. */
static void heaviside(const float *x, float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = x[i] > 0;
}

static const nino_custom_op_t *ops(const nino_architecture_t *architecture, int64_t *count) {
    static const nino_custom_op_t list[] = {
        {"mish", "void mish(const float *x, float *out, int64_t n)", (nino_function_t)mish,
         "void mish_vjp(const float *x, const float *grad_out, float *grad_x, int64_t n)", (nino_function_t)mish_vjp},
        {"blend",
         "void blend(const float *a, const float *b, float weight, double offset, int32_t power, int64_t shift, float "
         "*out, int64_t n)",
         (nino_function_t)blend,
         "void blend_vjp(const float *a, const float *b, float weight, double offset, int32_t power, int64_t shift, "
         "const float *grad_out, "
         "float *grad_a, float *grad_b, int64_t n)",
         (nino_function_t)blend_vjp},
        {"heaviside", "void heaviside(const float *x, float *out, int64_t n)", (nino_function_t)heaviside, NULL, NULL},
    };
    *count = sizeof list / sizeof list[0];
    return list;
}

static nino_status_t trace_mish(const nino_architecture_t *architecture, const nino_model_t *model,
                                const nino_forward_builder_t *builder, nino_error_t *error) {
    int64_t dims[] = {-1, 1, model->size, model->size}, shape[NINO_MAX_RANK], rank;
    nino_value_t x[3];
    TRY(builder->input(builder, "pixels", NINO_FLOAT32, dims, 4, &x[0], error));
    TRY(builder->shape(builder, x[0], shape, &rank, error));
    int64_t flat[] = {shape[0], model->pixels};
    nino_attribute_t reshape = {"shape", NINO_ATTRIBUTE_INTEGERS, 0, 0, NULL, flat, 2};
    TRY(builder->op(builder, "reshape", x, 1, &reshape, 1, &x[0], error));
    TRY(linear(builder, "hidden.weight", "hidden.bias", x, error));
    TRY(builder->op(builder, "custom.mish", x, 1, NULL, 0, &x[0], error));
    TRY(linear(builder, "classes.weight", "classes.bias", x, error));
    TRY(builder->output(builder, "logits", x[0], error));
    if (builder->input(builder, "labels", NINO_INT64, shape, 1, &x[1], error) != NINO_OK) return NINO_OK;
    TRY(builder->op(builder, "crossEntropy", x, 2, NULL, 0, &x[0], error));
    return builder->output(builder, "loss", x[0], error);
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static const nino_plugin_forward_t forward = {trace_mish};
    static const nino_plugin_custom_ops_t custom = {ops};
    if (strcmp(id, NINO_EXTENSION_FORWARD) == 0) return &forward;
    if (strcmp(id, NINO_EXTENSION_CUSTOM_OPS) == 0) return &custom;
    return get_extension(architecture, id);
}

ENTRY_WITH_EXTENSIONS(extensions)
