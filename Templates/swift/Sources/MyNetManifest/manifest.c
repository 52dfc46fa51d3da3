/*
 * What the host may know without running the plugin: as the Swift file says it. With this, only commands for configs of
 * these model types ask the plugin at all. Swift cannot write text into a section of the library, so it stands here.
 */
#include "nino_plugin.h"

NINO_MANIFEST({
    "id": "org.example.mynet",
    "version": "0.1.0",
    "abi": "1.0",
    "model_types": ["mynet"]
});
