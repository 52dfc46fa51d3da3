/* Works with no host there is. */
#include "../variant.h"

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    nino_entry_t *entry = changed_entry(host_abi_major);
    entry->minimum_host = "999.1.0";
    return entry;
}
