/* Speaks a later major version of the ABI and does not ask what the host speaks. */
#include "../variant.h"

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    nino_entry_t *entry = changed_entry(host_abi_major);
    entry->abi_major = 2;
    return entry;
}
