/* What the host may know without running the plugin: as the Swift file says it. */
#include "nino_plugin.h"

NINO_MANIFEST({
    "id": "nino.clip",
    "version": "1.0.0",
    "abi": "1.0",
    "model_types": ["clip_vision_model"]
});
