/* Serves no host at all. */
#include <stddef.h>

#include "nino_plugin.h"

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    (void)host_abi_major;
    return NULL;
}
