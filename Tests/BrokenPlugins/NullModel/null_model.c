/* Says that a model was made, and makes none. */
#include "../hostile.h"

static nino_status_t make_none(const nino_architecture_t *architecture, const nino_config_t *config, nino_model_t **out,
                               nino_error_t *error) {
    return NINO_OK;
}

HOSTILE("null-model", tables.descriptor.create_model = make_none)
