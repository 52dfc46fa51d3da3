/* Asks for what only a later minor version could have: each is refused by name. The config's width says which. */
#include "../variant.h"

static nino_status_t describe_new(const nino_architecture_t *architecture, const nino_model_t *model,
                                  const nino_model_builder_t *builder, nino_error_t *error) {
    const int64_t shape[] = {3};
    const double values[] = {1, 2, 3};
    nino_initialization_t drawn[] = {{99, values, 3}, {NINO_INIT_UNIFORM, values, 3}, {NINO_INIT_CONSTANT, NULL, 1}};
    if (model->width > 3) return describe(architecture, model, builder, error);
    nino_tensor_t tensor = {"w", NINO_PARAMETER, NINO_FLOAT32, shape, 1, NULL, drawn[model->width - 1], NULL};
    return builder->add_tensor(builder, &tensor, error);
}

static nino_status_t trace_new(const nino_architecture_t *architecture, const nino_model_t *model,
                               const nino_forward_builder_t *builder, nino_error_t *error) {
    static const double reals[] = {0.5, 1};
    const nino_attribute_t attributes[] = {{"shape", 99, 0, 0, NULL, NULL, 0, NULL, 0},
                                           {"shape", NINO_ATTRIBUTE_REALS, 0, 0, NULL, NULL, 0, reals, 2},
                                           {"shape", NINO_ATTRIBUTE_REALS, 0, 0, NULL, NULL, 0, NULL, 2}};
    const int64_t dims[] = {-1, 1, model->size, model->size};
    nino_value_t x;
    TRY(builder->input(builder, "pixels", NINO_FLOAT32, dims, 4, &x, error));
    return builder->op(builder, "reshape", &x, 1, &attributes[model->width - 4], 1, &x, error);
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static nino_plugin_descriptor_t descriptor;
    static const nino_plugin_forward_t forward = {trace_new};
    descriptor = *(const nino_plugin_descriptor_t *)get_extension(architecture, NINO_EXTENSION_DESCRIPTOR);
    descriptor.describe = describe_new;
    if (strcmp(id, NINO_EXTENSION_DESCRIPTOR) == 0) return &descriptor;
    if (strcmp(id, NINO_EXTENSION_FORWARD) == 0) return &forward;
    return NULL;
}

ENTRY_WITH_EXTENSIONS(extensions)
