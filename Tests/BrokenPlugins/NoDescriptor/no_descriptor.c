/* Has no descriptor. */
#include "../variant.h"

static const void *without_descriptor(const nino_architecture_t *architecture, const char *id) {
    return strcmp(id, NINO_EXTENSION_DESCRIPTOR) == 0 ? NULL : get_extension(architecture, id);
}

ENTRY_WITH_EXTENSIONS(without_descriptor)
