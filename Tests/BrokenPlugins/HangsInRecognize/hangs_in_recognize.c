/* Never says whether a config is its own. */
#include "../hostile.h"

static int32_t recognize_never(const nino_architecture_t *architecture, const nino_config_t *config) {
    for (volatile int on = 1; on;) {}
    return 0;
}

HOSTILE("hangs-in-recognize", tables.descriptor.recognize = recognize_never)
