/*
 * Makes the right plugin beside this file available under another name, so that a broken one can return it with one
 * thing changed: include this, then define nino_plugin_entry.
 */
#define nino_plugin_entry right_entry
#include "Perceptron/perceptron.c"
#undef nino_plugin_entry

NINO_EXPORT const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major);

/* A copy of the right plugin's entry, to be changed. */
static nino_entry_t *changed_entry(uint32_t host_abi_major) {
    static nino_entry_t entry;
    entry = *right_entry(host_abi_major);
    return &entry;
}

/* Gives the right plugin's architecture another get_extension. */
#define ENTRY_WITH_EXTENSIONS(other)                                                                        \
    static nino_status_t create_changed(const nino_entry_t *entry, int64_t index, const nino_host_t *given, \
                                        nino_architecture_t **out, nino_error_t *error) {                   \
        nino_status_t status = create_architecture(entry, index, given, out, error);                        \
        if (status == NINO_OK) (*out)->get_extension = other;                                               \
        return status;                                                                                      \
    }                                                                                                       \
    const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {                                        \
        nino_entry_t *entry = changed_entry(host_abi_major);                                                \
        entry->create_architecture = create_changed;                                                        \
        return entry;                                                                                       \
    }
