/* Says through the host's log what it does, with more than one line could show, and far too often. */
#include "../variant.h"

#include <stdio.h>

static nino_status_t create_talking(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                                    nino_architecture_t **out, nino_error_t *error) {
    const nino_host_log_t *log = given->get_extension(given, NINO_EXTENSION_LOG);
    if (log == NULL || given->get_extension(given, "nino.log/2") != NULL) return NINO_UNSUPPORTED;
    log->write(given, NINO_LOG_DEBUG, "for the author");
    log->write(given, NINO_LOG_WARNING, "two\nlines");
    log->write(given, 77, "of no level");
    log->write(given, NINO_LOG_WARNING, NULL);
    for (int i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d", i);
        log->write(given, NINO_LOG_INFO, text);
    }
    return create_architecture(entry, index, given, out, error);
}

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    nino_entry_t *entry = changed_entry(host_abi_major);
    entry->id = "test.talkative";
    entry->create_architecture = create_talking;
    return entry;
}
