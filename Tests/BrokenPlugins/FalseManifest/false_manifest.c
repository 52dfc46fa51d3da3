/* Its manifest says what its tables do not. */
#include "../variant.h"

NINO_MANIFEST({"id": "test.another", "version": "1.0.0", "abi": "1.0", "model_types": ["perceptron"]});

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    return changed_entry(host_abi_major);
}
