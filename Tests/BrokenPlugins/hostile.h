/*
 * Begins a plugin that does one thing no plugin may do. It is the right plugin under another id and for another model
 * type, with a sample config; HOSTILE exports it with the change that its second argument makes to `tables` or `entry`.
 */
#include "variant.h"

#include <stdio.h>
#include <unistd.h>

static int32_t recognize_hostile(const nino_architecture_t *architecture, const nino_config_t *config) {
    nino_error_t error;
    const char *type;
    return host->config->text(config, "model_type", &type, &error) == NINO_OK && strcmp(type, "hostile") == 0 ? 100 : 0;
}

static const char *const *hostile_types(const nino_architecture_t *architecture) {
    static const char *const types[] = {"hostile", NULL};
    return types;
}

static const char *const *hostile_samples(const nino_architecture_t *architecture) {
    static const char *const samples[] = {
        "{\"model_type\": \"hostile\", \"width\": 5, \"image_size\": 3, \"num_classes\": 4}", NULL};
    return samples;
}

static struct {
    nino_plugin_descriptor_t descriptor;
    nino_plugin_neural_graph_t graph;
    nino_plugin_forward_t forward;
    nino_plugin_custom_ops_t custom_ops;
} tables = {
    {hostile_types, hostile_samples, recognize_hostile, create_model, destroy_model, describe}, {construct}, {trace}};

static const void *hostile_extension(const nino_architecture_t *architecture, const char *id) {
    if (strcmp(id, NINO_EXTENSION_DESCRIPTOR) == 0) return &tables.descriptor;
    if (strcmp(id, NINO_EXTENSION_NEURAL_GRAPH) == 0) return &tables.graph;
    if (strcmp(id, NINO_EXTENSION_FORWARD) == 0) return &tables.forward;
    if (strcmp(id, NINO_EXTENSION_CUSTOM_OPS) == 0 && tables.custom_ops.ops != NULL) return &tables.custom_ops;
    return NULL;
}

static nino_status_t create_hostile(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                                    nino_architecture_t **out, nino_error_t *error) {
    nino_status_t status = create_architecture(entry, index, given, out, error);
    if (status == NINO_OK) (*out)->get_extension = hostile_extension;
    return status;
}

#define HOSTILE(name, change)                                        \
    const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) { \
        nino_entry_t *entry = changed_entry(host_abi_major);         \
        entry->id = "test." name;                                    \
        entry->create_architecture = create_hostile;                 \
        change;                                                      \
        return entry;                                                \
    }
