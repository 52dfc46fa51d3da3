/* Takes memory until there is none, and goes on. */
#include "../hostile.h"

static nino_status_t flood(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                           nino_architecture_t **out, nino_error_t *error) {
    const size_t size = 1 << 20, page = 4096;
    for (;;) {
        volatile char *block = malloc(size);
        for (size_t i = 0; i < size; i += page) block[i] = 1;
    }
}

HOSTILE("memory-flood", entry->create_architecture = flood)
