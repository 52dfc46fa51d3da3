/* What the host may know without running the plugin: as the Swift file says it. */
#include "nino_plugin.h"

NINO_MANIFEST({
    "id": "nino.traced",
    "version": "1.0.0",
    "abi": "1.0",
    "model_types": ["traced"]
});
