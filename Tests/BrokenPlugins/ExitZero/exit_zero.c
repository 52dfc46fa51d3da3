/* Ends the process as if all were well. */
#include "../hostile.h"

static int32_t leave(const nino_architecture_t *architecture, const nino_config_t *config) {
    exit(0);
}

HOSTILE("exit-zero", tables.descriptor.recognize = leave)
