/* Lays an edge onto a scalar behind the end of its parameter. */
#include "../variant.h"

static nino_status_t (*add_edges)(const nino_graph_builder_t *, const nino_edge_block_t *, nino_error_t *);

static nino_status_t add_shifted(const nino_graph_builder_t *builder, const nino_edge_block_t *edges,
                                 nino_error_t *error) {
    nino_edge_block_t shifted = *edges;
    shifted.offset = 1;
    return add_edges(builder, &shifted, error);
}

static nino_status_t construct_shifted(const nino_architecture_t *architecture, const nino_model_t *model,
                                       const nino_graph_builder_t *builder, nino_error_t *error) {
    nino_graph_builder_t wrapper = *builder;
    add_edges = builder->add_edges;
    wrapper.add_edges = add_shifted;
    return construct(architecture, model, &wrapper, error);
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static const nino_plugin_neural_graph_t table = {construct_shifted};
    return strcmp(id, NINO_EXTENSION_NEURAL_GRAPH) == 0 ? &table : get_extension(architecture, id);
}

ENTRY_WITH_EXTENSIONS(extensions)
