/* Its manifest lacks what it must have. */
#include "../variant.h"

NINO_MANIFEST({"id": "test.bad-manifest", "version": "1.0.0", "abi": "1.0"});

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    return changed_entry(host_abi_major);
}
