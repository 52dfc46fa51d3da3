/* Writes to standard output without end. */
#include "../hostile.h"

static nino_status_t flood(const nino_architecture_t *architecture, const nino_model_t *model,
                           const nino_model_builder_t *builder, nino_error_t *error) {
    for (;;) puts("a plugin never prints");
}

HOSTILE("output-flood", tables.descriptor.describe = flood)
