/* Ends the process as if all were well, without any handler running. */
#include "../hostile.h"

static nino_status_t leave(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                           nino_architecture_t **out, nino_error_t *error) {
    _exit(0);
}

HOSTILE("quiet-exit", entry->create_architecture = leave)
