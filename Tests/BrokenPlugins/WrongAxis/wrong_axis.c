/* Claims that the hidden group moves the pixels, which are not as many, and does not stop when it is refused. */
#include "../variant.h"

static nino_status_t describe_wrongly(const nino_architecture_t *architecture, const nino_model_t *model,
                                      const nino_model_builder_t *builder, nino_error_t *error) {
    const nino_factor_t factor = {"hidden", 0};
    const nino_segment_t segment = {&factor, 1};
    const nino_axis_t axes[] = {{&segment, 1}, {&segment, 1}};
    const int64_t shape[] = {model->width, model->pixels};
    nino_tensor_t tensor = {
        "hidden.weight", NINO_PARAMETER, NINO_FLOAT32, shape, 2, axes, {NINO_INIT_CONSTANT, NULL, 0}, NULL};
    builder->add_group(builder, "hidden", model->width, NULL, 0, error);
    builder->add_tensor(builder, &tensor, error);
    return NINO_OK;
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static nino_plugin_descriptor_t table = {model_types,  NULL,          recognize,
                                             create_model, destroy_model, describe_wrongly};
    return strcmp(id, NINO_EXTENSION_DESCRIPTOR) == 0 ? &table : get_extension(architecture, id);
}

ENTRY_WITH_EXTENSIONS(extensions)
