/* Kills the process that started it. */
#include "../hostile.h"

#include <signal.h>

static nino_status_t strike(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                            nino_architecture_t **out, nino_error_t *error) {
    kill(getppid(), SIGKILL);
    return create_hostile(entry, index, given, out, error);
}

HOSTILE("kills-parent", entry->create_architecture = strike)
