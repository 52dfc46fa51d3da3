/* Right: its names may stand without "hidden.", and a file may repeat the weight of the classes under another name. */
#include "../variant.h"

static nino_status_t describe_more(const nino_architecture_t *architecture, const nino_model_t *model,
                                   const nino_model_builder_t *builder, nino_error_t *error) {
    nino_tensor_t repeated = {.name = "head.weight", .role = NINO_TIED, .tied_to = "classes.weight"};
    TRY(describe(architecture, model, builder, error));
    TRY(builder->add_tensor(builder, &repeated, error));
    return builder->add_prefix(builder, "hidden.", error);
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static nino_plugin_descriptor_t table = {model_types, NULL, recognize, create_model, destroy_model, describe_more};
    return strcmp(id, NINO_EXTENSION_DESCRIPTOR) == 0 ? &table : get_extension(architecture, id);
}

ENTRY_WITH_EXTENSIONS(extensions)
