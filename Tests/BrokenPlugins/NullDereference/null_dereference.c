/* Follows a null pointer. */
#include "../hostile.h"

static nino_status_t crash(const nino_architecture_t *architecture, const nino_model_t *model,
                           const nino_model_builder_t *builder, nino_error_t *error) {
    return *(volatile nino_status_t *)NULL;
}

HOSTILE("null-dereference", tables.descriptor.describe = crash)
