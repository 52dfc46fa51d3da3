/*
 * A whole plugin in C: one hidden layer with ReLU on images. The others here change one thing each.
 *
 *   hidden.weight [width, pixels]   hidden.bias [width]   classes.weight [classes, width]   classes.bias [classes]
 *
 * Symmetry: the hidden neurons permute freely.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nino_plugin.h"

struct nino_model {
    int64_t size, pixels, width, classes;
};

static const nino_host_t *host;

#define TRY(call)                             \
    do {                                      \
        nino_status_t status = (call);        \
        if (status != NINO_OK) return status; \
    } while (0)

/* ---- Configuration ---- */

static const char *const *model_types(const nino_architecture_t *architecture) {
    static const char *const types[] = {"perceptron", NULL};
    return types;
}

static int32_t recognize(const nino_architecture_t *architecture, const nino_config_t *config) {
    nino_error_t error;
    const char *type;
    return host->config->text(config, "model_type", &type, &error) == NINO_OK && strcmp(type, "perceptron") == 0 ? 100
                                                                                                                 : 0;
}

static nino_status_t positive(const nino_config_t *config, const char *key, int64_t *out, nino_error_t *error) {
    nino_status_t status = host->config->integer(config, key, out, error);
    if (status != NINO_OK) return NINO_INVALID;
    if (*out >= 1 && *out <= 4096) return NINO_OK;
    strcpy(error->message, "width, image_size and num_classes: expected 1 to 4096");
    return NINO_INVALID;
}

static nino_status_t create_model(const nino_architecture_t *architecture, const nino_config_t *config,
                                  nino_model_t **out, nino_error_t *error) {
    nino_model_t model = {0};
    TRY(positive(config, "width", &model.width, error));
    TRY(positive(config, "image_size", &model.size, error));
    TRY(positive(config, "num_classes", &model.classes, error));
    model.pixels = model.size * model.size;
    *out = malloc(sizeof model);
    if (*out == NULL) return NINO_FAILED;
    **out = model;
    return NINO_OK;
}

static void destroy_model(const nino_architecture_t *architecture, nino_model_t *model) {
    free(model);
}

/* ---- Tensors and symmetries ---- */

static nino_status_t describe(const nino_architecture_t *architecture, const nino_model_t *model,
                              const nino_model_builder_t *builder, nino_error_t *error) {
    const nino_factor_t factors[] = {{"hidden", 0}, {NULL, model->pixels}, {NULL, model->classes}};
    const nino_segment_t segments[] = {{&factors[0], 1}, {&factors[1], 1}, {&factors[2], 1}};
    const nino_axis_t hidden = {&segments[0], 1}, pixels = {&segments[1], 1}, classes = {&segments[2], 1};
    const nino_axis_t axes[4][2] = {{hidden, pixels}, {hidden}, {classes, hidden}, {classes}};
    const int64_t shapes[4][2] = {
        {model->width, model->pixels}, {model->width}, {model->classes, model->width}, {model->classes}};
    static const char *const names[] = {"hidden.weight", "hidden.bias", "classes.weight", "classes.bias"};
    TRY(builder->add_group(builder, "hidden", model->width, NULL, 0, error));
    for (int i = 0; i < 4; i++) {
        const double bound = 1 / sqrt((double)(i < 2 ? model->pixels : model->width)), range[] = {-bound, bound};
        nino_tensor_t tensor = {
            names[i], NINO_PARAMETER, NINO_FLOAT32, shapes[i], i % 2 ? 1 : 2, axes[i], {NINO_INIT_UNIFORM, range, 2},
            NULL};
        TRY(builder->add_tensor(builder, &tensor, error));
    }
    return NINO_OK;
}

/* ---- Neural graph ---- */

static nino_status_t add_layer(const nino_graph_builder_t *builder, const char *weight, const char *bias,
                               nino_nodes_t from, int64_t in, nino_node_block_t outputs, nino_nodes_t *to,
                               nino_error_t *error) {
    nino_nodes_t source;
    nino_node_block_t single = {bias, 1, NULL, 0};
    nino_index_level_t rows = {in, 1}, columns = {outputs.count, in}, one = {1, 0}, entries = {outputs.count, 1};
    TRY(builder->add_nodes(builder, &single, &source, error));
    TRY(builder->add_nodes(builder, &outputs, to, error));
    nino_edge_block_t matrix = {
        weight, NINO_EDGE_LINEAR, NINO_ALL_PAIRS, from, *to, 0, weight, 0, 0, &rows, 1, &columns, 1, 1};
    TRY(builder->add_edges(builder, &matrix, error));
    nino_edge_block_t vector = {bias, NINO_EDGE_BIAS, NINO_ALL_PAIRS, source, *to, 0, bias, 0, 0, &one, 1, &entries, 1,
                                1};
    return builder->add_edges(builder, &vector, error);
}

static nino_status_t construct(const nino_architecture_t *architecture, const nino_model_t *model,
                               const nino_graph_builder_t *builder, nino_error_t *error) {
    const nino_factor_t factor = {"hidden", 0};
    const nino_segment_t segment = {&factor, 1};
    const nino_axis_t axis = {&segment, 1};
    nino_nodes_t nodes;
    nino_node_block_t pixels = {"pixels", model->pixels, NULL, 0}, hidden = {"hidden", model->width, &axis, 0},
                      classes = {"classes", model->classes, NULL, 0};
    TRY(builder->add_nodes(builder, &pixels, &nodes, error));
    TRY(add_layer(builder, "hidden.weight", "hidden.bias", nodes, model->pixels, hidden, &nodes, error));
    return add_layer(builder, "classes.weight", "classes.bias", nodes, model->width, classes, &nodes, error);
}

/* ---- Forward pass ---- */

static nino_status_t linear(const nino_forward_builder_t *builder, const char *weight, const char *bias,
                            nino_value_t x[3], nino_error_t *error) {
    TRY(builder->tensor(builder, weight, &x[1], error));
    TRY(builder->tensor(builder, bias, &x[2], error));
    return builder->op(builder, "linear", x, 3, NULL, 0, &x[0], error);
}

static nino_status_t trace(const nino_architecture_t *architecture, const nino_model_t *model,
                           const nino_forward_builder_t *builder, nino_error_t *error) {
    int64_t dims[] = {-1, 1, model->size, model->size}, shape[NINO_MAX_RANK], rank;
    nino_value_t x[3], labels;
    TRY(builder->input(builder, "pixels", NINO_FLOAT32, dims, 4, &x[0], error));
    TRY(builder->shape(builder, x[0], shape, &rank, error));
    int64_t flat[] = {shape[0], model->pixels};
    nino_attribute_t reshape = {"shape", NINO_ATTRIBUTE_INTEGERS, 0, 0, NULL, flat, 2};
    TRY(builder->op(builder, "reshape", x, 1, &reshape, 1, &x[0], error));
    TRY(linear(builder, "hidden.weight", "hidden.bias", x, error));
    TRY(builder->op(builder, "relu", x, 1, NULL, 0, &x[0], error));
    TRY(linear(builder, "classes.weight", "classes.bias", x, error));
    TRY(builder->output(builder, "logits", x[0], error));
    if (builder->input(builder, "labels", NINO_INT64, shape, 1, &labels, error) != NINO_OK) return NINO_OK;
    x[1] = labels;
    TRY(builder->op(builder, "crossEntropy", x, 2, NULL, 0, &x[0], error));
    return builder->output(builder, "loss", x[0], error);
}

/* ---- Entry ---- */

static const void *get_extension(const nino_architecture_t *architecture, const char *id) {
    static const nino_plugin_descriptor_t descriptor = {model_types,  NULL,          recognize,
                                                        create_model, destroy_model, describe};
    static const nino_plugin_neural_graph_t graph = {construct};
    static const nino_plugin_forward_t forward = {trace};
    if (strcmp(id, NINO_EXTENSION_DESCRIPTOR) == 0) return &descriptor;
    if (strcmp(id, NINO_EXTENSION_NEURAL_GRAPH) == 0) return &graph;
    if (strcmp(id, NINO_EXTENSION_FORWARD) == 0) return &forward;
    return NULL;
}

static void destroy(nino_architecture_t *architecture) {}
static int64_t architecture_count(const nino_entry_t *entry) {
    return 1;
}
static nino_status_t create_architecture(const nino_entry_t *entry, int64_t index, const nino_host_t *given,
                                         nino_architecture_t **out, nino_error_t *error) {
    static nino_architecture_t architecture = {NULL, get_extension, destroy};
    host = given;
    *out = &architecture;
    return NINO_OK;
}

const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major) {
    static const nino_entry_t entry = {NINO_ABI_MAJOR, NINO_ABI_MINOR, "test.perceptron",  "Perceptron in C",  "1.0.0",
                                       NULL,           NULL,           architecture_count, create_architecture};
    return host_abi_major == NINO_ABI_MAJOR ? &entry : NULL;
}
