/* Leaves a process behind that outlives it. */
#include "../hostile.h"

static nino_status_t leave_behind(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                                  nino_architecture_t **out, nino_error_t *error) {
    if (fork() == 0) {
        setsid();
        for (;;) pause();
    }
    return create_hostile(entry, index, given, out, error);
}

HOSTILE("fork-child", entry->create_architecture = leave_behind)
