/*
 * A residual multi-layer perceptron on images, to be replaced by your architecture section by section. B is the number
 * of blocks.
 *
 *   embed.weight [width, pixels]               embed.bias [width]
 *   blocks.{i}.norm.weight [width]             blocks.{i}.norm.bias [width]       i = 0 ... B - 1
 *   blocks.{i}.up.weight [hidden, width]       blocks.{i}.up.bias [hidden]
 *   blocks.{i}.down.weight [width, hidden]     blocks.{i}.down.bias [width]
 *   head.weight [classes, width]               head.bias [classes]
 *
 * Symmetry: the units of the residual stream permute, the same way in every block; the hidden units of each block
 * permute freely.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nino_plugin.h"

/* To change: a reverse-domain id that is yours, and the `model_type` of your configs. The samples are what `nino
 * verify` proves the claims on: small, with different sizes wherever sizes may differ, and every feature of the
 * architecture in at least one. */
#define PLUGIN_ID "org.example.mynet"
#define MODEL_TYPE "mynet"
static const char *const types[] = {MODEL_TYPE, NULL};
static const char *const samples[] = {"{\"model_type\": \"mynet\", \"width\": 6, \"hidden\": 8, \"blocks\": 2, "
                                      "\"in_channels\": 2, \"image_size\": 3, \"num_classes\": 4}",
                                      NULL};

/* What the host may know without running the plugin; to change along with the above. */
NINO_MANIFEST({
    "id": "org.example.mynet",
    "version": "0.1.0",
    "abi": "1.0",
    "model_types": ["mynet"]
});

/* To change: what a config says. */
struct nino_model {
    int64_t width, hidden, blocks, channels, size, classes;
};

static const nino_host_t *host;

/* Passes a failure on. */
#define TRY(call)                             \
    do {                                      \
        nino_status_t status = (call);        \
        if (status != NINO_OK) return status; \
    } while (0)

#define NAME_SIZE 64
typedef struct {
    char text[NAME_SIZE];
} name_t;

/* The name of something in block `i`. */
static name_t in_block(int64_t i, const char *suffix) {
    name_t name;
    snprintf(name.text, NAME_SIZE, "blocks.%lld.%s", (long long)i, suffix);
    return name;
}

/* The group of the hidden units of block `i`. Groups that differ in such a number alone are shown as one line. */
static name_t hidden_group(int64_t i) {
    name_t name;
    snprintf(name.text, NAME_SIZE, "hidden_%lld", (long long)i);
    return name;
}

static name_t joined(const char *prefix, const char *suffix) {
    name_t name;
    snprintf(name.text, NAME_SIZE, "%s.%s", prefix, suffix);
    return name;
}

/* ---- Configuration ---- */

static const char *const *model_types(const nino_architecture_t *architecture) {
    return types;
}
static const char *const *sample_configs(const nino_architecture_t *architecture) {
    return samples;
}

static int32_t recognize(const nino_architecture_t *architecture, const nino_config_t *config) {
    nino_error_t error;
    const char *type;
    return host->config->text(config, "model_type", &type, &error) == NINO_OK && strcmp(type, MODEL_TYPE) == 0 ? 100
                                                                                                               : 0;
}

static nino_status_t read_size(const nino_config_t *config, const char *key, int64_t most, int64_t *out,
                               nino_error_t *error) {
    nino_status_t status = host->config->integer(config, key, out, error);
    if (status == NINO_OK && *out >= 1 && *out <= most) return NINO_OK;
    /* For NINO_INVALID the host has already written what it found. */
    if (status != NINO_INVALID) {
        name_t found = {"nothing"};
        if (status == NINO_OK) snprintf(found.text, NAME_SIZE, "%lld", (long long)*out);
        snprintf(error->message, NINO_MESSAGE_SIZE, "key \"%s\": expected an integer from 1 to %lld, found %s", key,
                 (long long)most, found.text);
    }
    return NINO_INVALID;
}

/* To change: one line for each key; a key that nobody knows is refused, so that nothing in a config is silently
 * ignored. */
static nino_status_t create_model(const nino_architecture_t *architecture, const nino_config_t *config,
                                  nino_model_t **out, nino_error_t *error) {
    nino_model_t model;
    const struct {
        const char *key;
        int64_t most;
        int64_t *value;
    } keys[] = {
        {"width", 65536, &model.width},     {"hidden", 65536, &model.hidden},
        {"blocks", 1000, &model.blocks},    {"in_channels", 4096, &model.channels},
        {"image_size", 16384, &model.size}, {"num_classes", 65536, &model.classes},
    };
    const size_t key_count = sizeof keys / sizeof *keys;
    for (size_t i = 0; i < key_count; i++) TRY(read_size(config, keys[i].key, keys[i].most, keys[i].value, error));
    for (int64_t i = 0; i < host->config->key_count(config); i++) {
        const char *key = host->config->key(config, i);
        int known = strcmp(key, "model_type") == 0;
        for (size_t j = 0; j < key_count; j++) known |= strcmp(key, keys[j].key) == 0;
        if (known) continue;
        snprintf(error->message, NINO_MESSAGE_SIZE, "key \"%s\": not a key of this architecture", key);
        return NINO_INVALID;
    }
    if ((*out = malloc(sizeof model)) == NULL) return NINO_FAILED;
    **out = model;
    return NINO_OK;
}

static void destroy_model(const nino_architecture_t *architecture, nino_model_t *model) {
    free(model);
}

static int64_t pixel_count(const nino_model_t *model) {
    return model->channels * model->size * model->size;
}

/* ---- Axes ---- */

/* An axis of one factor: `size` positions that `group` permutes, or that nothing moves when it is NULL. */
typedef struct {
    const char *group;
    int64_t size;
} simple_axis_t;

/* The C form of such axes, which point into the same value: fill it where it stays, and do not copy it. */
typedef struct {
    nino_factor_t factors[2];
    nino_segment_t segments[2];
    nino_axis_t axes[2];
    int64_t shape[2];
} axes_t;

static void fill(axes_t *axes, int64_t rank, const simple_axis_t *simple) {
    for (int64_t i = 0; i < rank; i++) {
        axes->factors[i] = (nino_factor_t){simple[i].group, simple[i].size};
        axes->segments[i] = (nino_segment_t){&axes->factors[i], 1};
        axes->axes[i] = (nino_axis_t){&axes->segments[i], 1};
        axes->shape[i] = simple[i].size;
    }
}

/* ---- Tensors and symmetries ---- */

static nino_status_t add_parameter(const nino_model_builder_t *builder, name_t name, int64_t rank,
                                   const simple_axis_t *simple, nino_initialization_t drawn, nino_error_t *error) {
    axes_t axes;
    fill(&axes, rank, simple);
    nino_tensor_t tensor = {name.text, NINO_PARAMETER, NINO_FLOAT32, axes.shape, rank, axes.axes, drawn, NULL};
    return builder->add_tensor(builder, &tensor, error);
}

/* prefix.weight [output, input] and prefix.bias [output], drawn as PyTorch draws them. */
static nino_status_t add_linear(const nino_model_builder_t *builder, const char *prefix, simple_axis_t output,
                                simple_axis_t input, nino_error_t *error) {
    double bound = 1 / sqrt((double)input.size);
    const double range[] = {-bound, bound};
    nino_initialization_t drawn = {NINO_INIT_UNIFORM, range, 2};
    TRY(add_parameter(builder, joined(prefix, "weight"), 2, (simple_axis_t[]){output, input}, drawn, error));
    return add_parameter(builder, joined(prefix, "bias"), 1, &output, drawn, error);
}

/* To change: every tensor under its name in the checkpoint, in named_parameters() order. Two axes with the same group
 * move together. These are the claims that get proved. */
static nino_status_t describe(const nino_architecture_t *architecture, const nino_model_t *model,
                              const nino_model_builder_t *builder, nino_error_t *error) {
    const simple_axis_t stream = {"stream", model->width}, pixels = {NULL, pixel_count(model)},
                        classes = {NULL, model->classes};
    TRY(builder->add_group(builder, "stream", model->width, NULL, 0, error));
    for (int64_t i = 0; i < model->blocks; i++)
        TRY(builder->add_group(builder, hidden_group(i).text, model->hidden, NULL, 0, error));
    TRY(add_linear(builder, "embed", stream, pixels, error));
    for (int64_t i = 0; i < model->blocks; i++) {
        const name_t group = hidden_group(i);
        const simple_axis_t hidden = {group.text, model->hidden};
        TRY(add_parameter(builder, in_block(i, "norm.weight"), 1, &stream,
                          (nino_initialization_t){NINO_INIT_CONSTANT, (double[]){1}, 1}, error));
        TRY(add_parameter(builder, in_block(i, "norm.bias"), 1, &stream,
                          (nino_initialization_t){NINO_INIT_CONSTANT, NULL, 0}, error));
        TRY(add_linear(builder, in_block(i, "up").text, hidden, stream, error));
        TRY(add_linear(builder, in_block(i, "down").text, stream, hidden, error));
    }
    return add_linear(builder, "head", classes, stream, error);
}

/* ---- Neural graph ---- */

/* A node block and its size. */
typedef struct {
    nino_nodes_t number;
    int64_t count;
} nodes_t;

static nino_status_t add_nodes(const nino_graph_builder_t *builder, const char *name, simple_axis_t simple,
                               nodes_t *out, nino_error_t *error) {
    axes_t axes;
    fill(&axes, 1, &simple);
    nino_node_block_t block = {name, simple.size, axes.axes, 0};
    out->count = simple.size;
    return builder->add_nodes(builder, &block, &out->number, error);
}

/* A vector, from a node of its own to every node of a block: a bias, the weight of a norm. */
static nino_status_t add_vector(const nino_graph_builder_t *builder, name_t name, nino_edge_type_t type, nodes_t to,
                                nino_error_t *error) {
    nodes_t source;
    nino_index_level_t one = {1, 0}, entries = {to.count, 1};
    TRY(add_nodes(builder, name.text, (simple_axis_t){NULL, 1}, &source, error));
    nino_edge_block_t edges = {
        name.text, type, NINO_ALL_PAIRS, source.number, to.number, 0, name.text, 0, 0, &one, 1, &entries, 1, 1};
    return builder->add_edges(builder, &edges, error);
}

/* A linear layer: a weight [to, from], whose scalar to * |from| + from joins the two, and its bias. */
static nino_status_t join(const nino_graph_builder_t *builder, const char *prefix, nodes_t from, nodes_t to,
                          nino_error_t *error) {
    const name_t weight = joined(prefix, "weight");
    nino_index_level_t columns = {from.count, 1}, rows = {to.count, from.count};
    nino_edge_block_t edges = {weight.text,
                               NINO_EDGE_LINEAR,
                               NINO_ALL_PAIRS,
                               from.number,
                               to.number,
                               0,
                               weight.text,
                               0,
                               0,
                               &columns,
                               1,
                               &rows,
                               1,
                               1};
    TRY(builder->add_edges(builder, &edges, error));
    return add_vector(builder, joined(prefix, "bias"), NINO_EDGE_BIAS, to, error);
}

/* Every unit with its successor: no parameter, the constant 1. */
static nino_status_t join_residual(const nino_graph_builder_t *builder, name_t name, nodes_t from, nodes_t to,
                                   nino_error_t *error) {
    nino_edge_block_t edges = {
        name.text, NINO_EDGE_RESIDUAL, NINO_FAN, from.number, to.number, 0, NULL, 1, 0, NULL, 0, NULL, 0, 1};
    return builder->add_edges(builder, &edges, error);
}

/* To change: one node for every neuron, with the axis that moves it; then each parameter as edges between the neurons
 * it joins. */
static nino_status_t construct(const nino_architecture_t *architecture, const nino_model_t *model,
                               const nino_graph_builder_t *builder, nino_error_t *error) {
    const simple_axis_t stream = {"stream", model->width};
    nodes_t image, before, classes;
    TRY(add_nodes(builder, "image", (simple_axis_t){NULL, pixel_count(model)}, &image, error));
    TRY(add_nodes(builder, "embedded", stream, &before, error));
    TRY(join(builder, "embed", image, before, error));
    for (int64_t i = 0; i < model->blocks; i++) {
        const name_t group = hidden_group(i);
        nodes_t hidden, after;
        TRY(add_vector(builder, in_block(i, "norm.weight"), NINO_EDGE_NORM, before, error));
        TRY(add_vector(builder, in_block(i, "norm.bias"), NINO_EDGE_BIAS, before, error));
        TRY(add_nodes(builder, in_block(i, "hidden").text, (simple_axis_t){group.text, model->hidden}, &hidden, error));
        TRY(add_nodes(builder, in_block(i, "stream").text, stream, &after, error));
        TRY(join(builder, in_block(i, "up").text, before, hidden, error));
        TRY(join(builder, in_block(i, "down").text, hidden, after, error));
        TRY(join_residual(builder, in_block(i, "residual"), before, after, error));
        before = after;
    }
    TRY(add_nodes(builder, "classes", (simple_axis_t){NULL, model->classes}, &classes, error));
    return join(builder, "head", before, classes, error);
}

/* ---- Forward pass ---- */

/* An op on x and the tensors prefix.weight and prefix.bias. */
static nino_status_t apply(const nino_forward_builder_t *builder, const char *op, const char *prefix, nino_value_t x,
                           nino_value_t *out, nino_error_t *error) {
    nino_value_t inputs[3] = {x};
    TRY(builder->tensor(builder, joined(prefix, "weight").text, &inputs[1], error));
    TRY(builder->tensor(builder, joined(prefix, "bias").text, &inputs[2], error));
    return builder->op(builder, op, inputs, 3, NULL, 0, out, error);
}

/* To change: what the model computes, from its inputs to the logits. All ops are listed in nino's docs/ops.md. */
static nino_status_t trace(const nino_architecture_t *architecture, const nino_model_t *model,
                           const nino_forward_builder_t *builder, nino_error_t *error) {
    const int64_t image[] = {-1, model->channels, model->size, model->size};
    int64_t shape[NINO_MAX_RANK], rank;
    nino_value_t x, labels;
    TRY(builder->input(builder, "pixels", NINO_FLOAT32, image, 4, &x, error));
    TRY(builder->shape(builder, x, shape, &rank, error));
    const int64_t flat[] = {shape[0], pixel_count(model)};
    const nino_attribute_t to_flat = {
        .name = "shape", .kind = NINO_ATTRIBUTE_INTEGERS, .integers = flat, .integer_count = 2};
    TRY(builder->op(builder, "reshape", &x, 1, &to_flat, 1, &x, error));
    TRY(apply(builder, "linear", "embed", x, &x, error));
    for (int64_t i = 0; i < model->blocks; i++) {
        nino_value_t sum[2] = {x};
        TRY(apply(builder, "layerNorm", in_block(i, "norm").text, x, &x, error));
        TRY(apply(builder, "linear", in_block(i, "up").text, x, &x, error));
        TRY(builder->op(builder, "relu", &x, 1, NULL, 0, &x, error));
        TRY(apply(builder, "linear", in_block(i, "down").text, x, &sum[1], error));
        TRY(builder->op(builder, "add", sum, 2, NULL, 0, &x, error));
    }
    TRY(apply(builder, "linear", "head", x, &x, error));
    TRY(builder->output(builder, "logits", x, error));
    /* The loss, if labels were given. */
    nino_status_t given = builder->input(builder, "labels", NINO_INT64, shape, 1, &labels, error);
    if (given != NINO_OK) return given == NINO_ABSENT ? NINO_OK : given;
    nino_value_t pair[2] = {x, labels};
    TRY(builder->op(builder, "crossEntropy", pair, 2, NULL, 0, &x, error));
    return builder->output(builder, "loss", x, error);
}

/* ---- Entry ---- */

static const void *get_extension(const nino_architecture_t *architecture, const char *id) {
    static const nino_plugin_descriptor_t descriptor = {model_types,  sample_configs, recognize,
                                                        create_model, destroy_model,  describe};
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
    static const nino_entry_t entry = {NINO_ABI_MAJOR, NINO_ABI_MINOR,     PLUGIN_ID,          "MyNet", "0.1.0", NULL,
                                       NULL,           architecture_count, create_architecture};
    return host_abi_major == NINO_ABI_MAJOR ? &entry : NULL;
}
