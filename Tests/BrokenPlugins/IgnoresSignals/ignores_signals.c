/* Cannot be asked to stop, and comes back from every fault. */
#include "../hostile.h"

#include <signal.h>

static nino_status_t hold_out(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                              nino_architecture_t **out, nino_error_t *error) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
    for (;;) pause();
}

HOSTILE("ignores-signals", entry->create_architecture = hold_out)
