/* Claims a symmetry that the network does not have: the hidden neurons permute, but not the columns of the layer behind
 * them. */
#include "../hostile.h"

static const nino_model_builder_t *right;

static nino_status_t add_tensor(const nino_model_builder_t *builder, const nino_tensor_t *tensor, nino_error_t *error) {
    nino_tensor_t changed = *tensor;
    if (strcmp(tensor->name, "classes.weight") == 0) changed.axes = NULL;
    return right->add_tensor(right, &changed, error);
}

static nino_status_t claim(const nino_architecture_t *architecture, const nino_model_t *model,
                           const nino_model_builder_t *builder, nino_error_t *error) {
    nino_model_builder_t changed = *builder;
    right = builder;
    changed.add_tensor = add_tensor;
    return describe(architecture, model, &changed, error);
}

HOSTILE("false-claim", tables.descriptor.describe = claim)
