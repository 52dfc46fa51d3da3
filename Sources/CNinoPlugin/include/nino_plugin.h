/*
 * nino_plugin.h: the contract between the nino host and an architecture plugin. ABI 1.0.
 *
 * A plugin is a shared library that exports one function, nino_plugin_entry. Everything else is reached from the
 * table it returns:
 *
 *   host                                   plugin
 *   nino_plugin_entry(1)            ---->  nino_entry_t
 *   entry->create_architecture      ---->  nino_architecture_t
 *   architecture->get_extension(id) ---->  tables: nino.descriptor/1, nino.neural_graph/1, nino.forward/1,
 *                                                  nino.custom_ops/1
 *   descriptor->recognize(config)   ---->  0 ... 100
 *   descriptor->create_model        ---->  nino_model_t, for one config
 *   descriptor->describe(builder)   <----  builder->add_group, add_tensor, add_prefix
 *   graph->construct(builder)       <----  builder->add_nodes, add_edges
 *   forward->trace(builder)         <----  builder->input, tensor, op, output
 *
 * Text      UTF-8, NUL-terminated. Lengths, counts, shapes and indices are int64_t.
 * Tensors   row-major; shapes slowest axis first, as PyTorch prints them.
 * Memory    Whoever made a thing frees it. What is passed to a function is borrowed until that function returns, unless
 *           its comment says otherwise; the side that wants to keep it copies it.
 * Failure   Functions that can fail return a nino_status_t and write a sentence into the caller's nino_error_t. A
 *           plugin never prints, never exits and never aborts; what it has to say besides goes to nino.log/1. When a
 *           builder call fails, the plugin returns that status at once.
 * Trust     The host checks every index, shape, name and count a plugin gives it before use.
 * Growth    Tables of this header are frozen with the first release. New needs get a new extension id
 *           ("nino.forward/2"), asked for by get_extension and possibly absent; new kinds of attributes and of
 *           initializations are new numbers, which an older host refuses. The same major number means compatible both
 *           ways. Extensions under trial have headers of their own in draft/. docs/abi.md has the whole policy.
 *
 * Building  cc -shared -fPIC -Wl,--version-script=plugin.map $(pkg-config --cflags nino) -o libmynet.so mynet.c
 *           with a version script that keeps all but the entry local: { global: nino_plugin_entry; local: *; };
 *           The host searches the folders of --plugin-path and of NINO_PLUGIN_PATH, then what
 *           `pkg-config --variable=plugindir nino` says.
 *           `nino plugin new NAME --language c` writes a package to start from; `nino verify` proves what it claims.
 *
 * Language  C11 or newer, C++11 or newer; any that speaks C will do.
 *
 * Every function carries a tag:
 *   [thread-safe]   any thread, at any time, also at once from several.
 *   [one-thread]    any thread, but never two calls at once for the same architecture or its models.
 *   [in-call]       only while the plugin function that was given the builder has not returned, on its thread.
 */
#ifndef NINO_PLUGIN_H
#define NINO_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NINO_ABI_MAJOR 1
#define NINO_ABI_MINOR 0

#if defined(__GNUC__) || defined(__clang__)
#define NINO_EXPORT __attribute__((visibility("default")))
#else
#define NINO_EXPORT
#endif

/* ---- Status and errors ------------------------------------------------------------------------------------------ */

typedef int32_t nino_status_t;

#define NINO_OK 0
/* The config (or what it leads to) is not acceptable; the message names key, value and what is allowed. */
#define NINO_INVALID 1
/* Acceptable in principle, but not supported by this plugin or this host (an unknown op, say). */
#define NINO_UNSUPPORTED 2
/* The plugin failed for a reason of its own. */
#define NINO_FAILED 3
/* A builder refused what it was given: a mistake in the plugin. */
#define NINO_REFUSED 4
/* The key or input asked for is not there. */
#define NINO_ABSENT 5

#define NINO_MESSAGE_SIZE 1024

/* Owned by the caller. The callee writes a NUL-terminated sentence; a longer one is cut. */
typedef struct nino_error {
    char message[NINO_MESSAGE_SIZE];
} nino_error_t;

/* ---- What the host offers at any time --------------------------------------------------------------------------- */

/* A config as the user gave it (a Hugging Face config.json, say). Owned by the host, valid during the call it is
 * passed to. */
typedef struct nino_config nino_config_t;

/* Read access to a config. Owned by the host, valid as long as the plugin is loaded. */
typedef struct nino_config_reader {
    /* The whole config as JSON text, a single object. Owned by the host, valid as long as `config`. Never NULL.
     * [thread-safe] */
    const char *(*json)(const nino_config_t *config);

    /* Number of keys of the config's outermost object. The host owns nothing new.
     * [thread-safe] */
    int64_t (*key_count)(const nino_config_t *config);

    /* Name of key `index`, 0 ... key_count - 1, in alphabetical order; NULL outside that range. Owned by the host,
     * valid as long as `config`. [thread-safe] */
    const char *(*key)(const nino_config_t *config, int64_t index);

    /* Writes the value of an integer key to `*out`, owned by the caller. NINO_ABSENT if the key is missing or null,
     * NINO_INVALID if it is no integer (the message names key and value); `*out` is then untouched.
     * [thread-safe] */
    nino_status_t (*integer)(const nino_config_t *config, const char *key, int64_t *out, nino_error_t *error);

    /* As `integer`, for any number.
     * [thread-safe] */
    nino_status_t (*real)(const nino_config_t *config, const char *key, double *out, nino_error_t *error);

    /* As `integer`, for true (1) and false (0).
     * [thread-safe] */
    nino_status_t (*boolean)(const nino_config_t *config, const char *key, int32_t *out, nino_error_t *error);

    /* As `integer`, for text. `*out` is owned by the host and valid as long as `config`.
     * [thread-safe] */
    nino_status_t (*text)(const nino_config_t *config, const char *key, const char **out, nino_error_t *error);
} nino_config_reader_t;

/* The host's side, handed to create_architecture. Owned by the host, valid as long as the plugin is loaded. */
typedef struct nino_host {
    uint32_t abi_major;
    uint32_t abi_minor;
    /* Name and version of the host, for messages. Never NULL. */
    const char *name;
    const char *version;
    const nino_config_reader_t *config;

    /* (optional) The host's table for an extension id, NULL if it has none of that name. Owned by the host, valid as
     * long as the plugin is loaded. ABI 1.0 defines nino.log/1; there are drafts. [thread-safe] */
    const void *(*get_extension)(const struct nino_host *host, const char *id);

    /* The host's own; by it the host knows whose table this is. */
    void *context;
} nino_host_t;

/* ---- Host extension nino.log/1 ---------------------------------------------------------------------------------- */

#define NINO_EXTENSION_LOG "nino.log/1"

typedef int32_t nino_log_level_t;
/* For the author of the plugin. */
#define NINO_LOG_DEBUG 0
/* Worth knowing, with nothing to be done about it. */
#define NINO_LOG_INFO 1
/* The result is right, but perhaps not what was meant: a key of the config that has no effect, say. */
#define NINO_LOG_WARNING 2
/* Something is wrong that no status can tell. */
#define NINO_LOG_ERROR 3
/* The host did what this header forbids. */
#define NINO_LOG_HOST_MISBEHAVING 4

typedef struct nino_host_log {
    /* Says one sentence to the user, who is told which plugin it is from. The host shows warnings and worse, what is
     * below where it was asked to, cuts what is long, and after many messages drops the rest. `host` is the table that
     * create_architecture was given, `message` is borrowed. [thread-safe] */
    void (*write)(const nino_host_t *host, nino_log_level_t level, const char *message);
} nino_host_log_t;

/* ---- The axis grammar ------------------------------------------------------------------------------------------- */

/* How permutation groups move the positions of an axis. A group is a set of items that may trade places: the neurons
 * of a layer, say. All axes that name one group move by the same permutation at once; if the model computes the same
 * function afterwards, whatever the permutation, the claim is true. Written as segments of factors, a group by its
 * name, fixed positions by number:
 *
 *   rows of a weight into n hidden neurons    one segment  (hidden)
 *   columns of the weight after a flatten     one segment  (channels, pixels): channel slow, its pixels stay in order
 *   rows of a value weight                    one segment  (heads, dims), dims depending on heads: a permutation for
 *                                             each head
 *   queries, keys and values in one weight    three segments
 *   classes, pixels, tokens                   one segment  (10)
 *
 * An element of a segment (g, h) is moved from index (i, j) to (g(i), h_i(j)); h_i is h itself unless h depends on g.
 */

/* One factor of a segment: positions that a permutation group moves, or positions that nothing moves. */
typedef struct nino_factor {
    /* Name of a group added before with add_group, or NULL for fixed positions. */
    const char *group;
    /* Number of fixed positions; ignored when `group` is set. */
    int64_t fixed;
} nino_factor_t;

/* A product of factors, outermost first: index = (i * size_2 + j) * size_3 + k ... A factor that is a group which
 * depends on others stands behind those, in the same segment. */
typedef struct nino_segment {
    const nino_factor_t *factors;
    int64_t count;
} nino_segment_t;

/* Segments one behind the other. */
typedef struct nino_axis {
    const nino_segment_t *segments;
    int64_t count;
} nino_axis_t;

/* ---- Extension nino.descriptor/1 (required) --------------------------------------------------------------------- */

#define NINO_EXTENSION_DESCRIPTOR "nino.descriptor/1"

typedef int32_t nino_element_type_t;
#define NINO_FLOAT32 0
#define NINO_INT64 1

typedef int32_t nino_role_t;
/* Trained, in named_parameters() order; on at least one edge of the neural graph. Always float32. */
#define NINO_PARAMETER 0
/* Stored with the weights but not trained (running statistics): required in a checkpoint, passed through. */
#define NINO_BUFFER 1
/* May stand in a checkpoint and means nothing (a cached mask, of any element type): passed through, never needed. */
#define NINO_IGNORED 2
/* May stand in a checkpoint and repeats a parameter, `tied_to` (the head of a model with tied embeddings): read from
 * there, never needed, and written with the parameter's values. */
#define NINO_TIED 3

/* The kinds, each with the values it takes. */
typedef int32_t nino_initialization_kind_t;
/* {a}: every scalar is a. Without values, zero. */
#define NINO_INIT_CONSTANT 0
/* {a, b}: uniform in a ... b. */
#define NINO_INIT_UNIFORM 1
/* {mean, s}: normal with standard deviation s. */
#define NINO_INIT_NORMAL 2
/* {mean, s}: as NINO_INIT_NORMAL, redrawn outside mean +- 2s. */
#define NINO_INIT_TRUNCATED_NORMAL 3

/* How a tensor of a fresh, untrained model is drawn. All zero is a tensor of zeros. */
typedef struct nino_initialization {
    nino_initialization_kind_t kind;
    /* `count` finite numbers, as many as `kind` takes. May be NULL for none. */
    const double *values;
    int64_t count;
} nino_initialization_t;

/* One tensor of the model. Borrowed during add_tensor. */
typedef struct nino_tensor {
    /* Name as in the checkpoints of the wild. Distinct, not empty. */
    const char *name;
    nino_role_t role;
    nino_element_type_t element_type;
    /* `rank` sizes, slowest first, each at least 1. May be NULL for rank 0. */
    const int64_t *shape;
    int64_t rank;
    /* (optional) `rank` axes; NULL claims that no axis moves. Axis i has shape[i] positions. */
    const nino_axis_t *axes;
    nino_initialization_t initialization;
    /* For NINO_TIED the name of a parameter added before, whose shape, axes and element type it shares: those fields,
     * and `initialization`, are then not read. NULL for all other roles. */
    const char *tied_to;
} nino_tensor_t;

/* Takes down groups and tensors. Owned by the host; not to be kept after the call. */
typedef struct nino_model_builder {
    /* The host's own. */
    void *context;

    /* Adds a permutation group, or a family of them: one permutation of `size` items for every index of the groups it
     * depends on, which were added before. `depends_on` may be NULL when `depends_count` is 0. All arguments are
     * borrowed. NINO_REFUSED: empty or taken name, size below 1, unknown group. [in-call] */
    nino_status_t (*add_group)(const struct nino_model_builder *builder, const char *name, int64_t size,
                               const char *const *depends_on, int64_t depends_count, nino_error_t *error);

    /* Adds a tensor. Parameters come in named_parameters() order, tied ones once, at their first occurrence; the order
     * of the others does not matter. `tensor` and all it points to are borrowed. NINO_REFUSED: taken name, bad shape,
     * an axis of another size than the shape says, unknown group, tied to no parameter. [in-call] */
    nino_status_t (*add_tensor)(const struct nino_model_builder *builder, const nino_tensor_t *tensor,
                                nino_error_t *error);

    /* Says that a checkpoint may leave out `prefix` ("transformer.", say) from all names that begin with it: then it
     * leaves it out from every one of them. `prefix` is borrowed. NINO_REFUSED: empty or repeated prefix. [in-call] */
    nino_status_t (*add_prefix)(const struct nino_model_builder *builder, const char *prefix, nino_error_t *error);
} nino_model_builder_t;

/* A model: an architecture with one config. Its inside is the plugin's. */
typedef struct nino_model nino_model_t;

typedef struct nino_architecture nino_architecture_t;

typedef struct nino_plugin_descriptor {
    /* NULL-terminated list of the `model_type` values this architecture recognizes, for display and messages. Owned by
     * the plugin, valid as long as `architecture`. Never NULL. [thread-safe] */
    const char *const *(*model_types)(const nino_architecture_t *architecture);

    /* (optional: the function may be NULL, then there are none) NULL-terminated list of small configs as JSON texts,
     * on which the host proves the claims. Owned by the plugin, valid as long as `architecture`. Never NULL.
     * [thread-safe] */
    const char *const *(*sample_configs)(const nino_architecture_t *architecture);

    /* How sure the plugin is that `config` is of this architecture: 0 (not at all) ... 100. The highest score of all
     * plugins wins; a tie is an error. Judges what the config is, not whether its values are valid. `config` is
     * borrowed. [one-thread] */
    int32_t (*recognize)(const nino_architecture_t *architecture, const nino_config_t *config);

    /* Validates `config` and makes a model, owned by the plugin until destroy_model. `config` is borrowed. `*out` is
     * set only on NINO_OK. NINO_INVALID names the key, its value and what is allowed. [one-thread] */
    nino_status_t (*create_model)(const nino_architecture_t *architecture, const nino_config_t *config,
                                  nino_model_t **out, nino_error_t *error);

    /* Frees a model made by create_model. NULL is not passed. Nothing of it is used afterwards.
     * [one-thread] */
    void (*destroy_model)(const nino_architecture_t *architecture, nino_model_t *model);

    /* Adds all groups and tensors of the model to `builder`, the same ones at every call. `builder` is borrowed.
     * [one-thread] */
    nino_status_t (*describe)(const nino_architecture_t *architecture, const nino_model_t *model,
                              const nino_model_builder_t *builder, nino_error_t *error);
} nino_plugin_descriptor_t;

/* ---- Extension nino.neural_graph/1 ------------------------------------------------------------------------------ */

#define NINO_EXTENSION_NEURAL_GRAPH "nino.neural_graph/1"

/* Edge types, numbered as the published NiNo weights know them. */
typedef int32_t nino_edge_type_t;
#define NINO_EDGE_LINEAR 1
#define NINO_EDGE_BIAS 2
#define NINO_EDGE_CONVOLUTION 3
#define NINO_EDGE_NORM 4
#define NINO_EDGE_TOKEN_TABLE 5
#define NINO_EDGE_POSITION_TABLE 6
#define NINO_EDGE_QUERY 7
#define NINO_EDGE_KEY 8
#define NINO_EDGE_VALUE 9
/* Auxiliary, with a constant: a residual connection, a channel and its flattened units. */
#define NINO_EDGE_RESIDUAL 10
/* Auxiliary, with a constant: an attention head and its units. */
#define NINO_EDGE_HEAD 11

/* A node block, as add_nodes numbered it. */
typedef int64_t nino_nodes_t;

/* Consecutive nodes of one kind. Borrowed during add_nodes. */
typedef struct nino_node_block {
    /* For people and messages. Not empty. */
    const char *name;
    /* At least 1. */
    int64_t count;
    /* (optional) How the model's groups move these nodes; NULL claims that they stay. Has `count` positions. */
    const nino_axis_t *axis;
    /* 1 for the rows of a token table, else 0. */
    int32_t is_token_table;
} nino_node_block_t;

typedef int32_t nino_topology_t;
/* Every node of `from` with every node of `to`: edge i * |to| + j joins i and j. */
#define NINO_ALL_PAIRS 0
/* Node j of `to` with node j / (|to| / |from|) of `from`: a diagonal, or each head with its units. */
#define NINO_FAN 1

/* One level of an index: `extent` positions, `stride` scalars apart. Stride 0 makes copies of the same scalar. */
typedef struct nino_index_level {
    int64_t extent;
    int64_t stride;
} nino_index_level_t;

/* Edges between two node blocks, one scalar of a parameter on each (or one kernel, or a constant). Borrowed during
 * add_edges. A node is a neuron, or stands for a vector: a bias and the weight of a norm have a node of their own
 * (count 1), from which an edge leads to every neuron they touch. The usual blocks, with {extent, stride} for the
 * levels:
 *
 *   parameter                       type             from -> to            from_levels      to_levels        slots
 *   weight [out, in]                LINEAR           inputs -> outputs     {in, 1}          {out, in}        1
 *   weight [in, out]                LINEAR           inputs -> outputs     {in, out}        {out, 1}         1
 *   kernel [out, in, h, w]          CONVOLUTION      inputs -> outputs     {in, h w}        {out, in h w}    h w
 *   bias, norm bias [n]             BIAS             its node -> neurons   {1, 0}           {n, 1}           1
 *   norm weight [n]                 NORM             its node -> neurons   {1, 0}           {n, 1}           1
 *   table [rows, width]             TOKEN_TABLE ...  rows -> stream        {rows, width}    {width, 1}       1
 *   key [heads d, width], reversed  KEY              stream -> units       {width, 1}       {heads d, width} 1
 *   residual connection             RESIDUAL         stream -> next        NINO_FAN, no parameter, constant 1
 *   a head and its units            HEAD             heads -> units        NINO_FAN, no parameter, constant 1
 *
 * Edge (i, j) carries scalars offset + f(i) + g(j) + 0 ... slots - 1 of the parameter, where f writes i in the mixed
 * radix of `from_levels`, outermost first, and sums digit * stride; g likewise with j and `to_levels`. */
typedef struct nino_edge_block {
    /* For people and messages. Not empty. */
    const char *name;
    nino_edge_type_t type;
    nino_topology_t topology;
    nino_nodes_t from;
    nino_nodes_t to;
    /* 1: messages run from `to` to `from`, numbering unchanged (keys). Only with NINO_ALL_PAIRS. */
    int32_t reversed;
    /* Name of a parameter, or NULL: then every edge carries `constant`, and the rest is ignored. */
    const char *parameter;
    float constant;
    int64_t offset;
    /* Extents multiply to |from|; none for NINO_FAN. */
    const nino_index_level_t *from_levels;
    int64_t from_level_count;
    /* Extents multiply to |to|. */
    const nino_index_level_t *to_levels;
    int64_t to_level_count;
    /* Consecutive scalars on each edge, 1 ... 9: kernel elements. Larger kernels take several blocks. */
    int64_t slots;
} nino_edge_block_t;

/* Takes down the graph. Owned by the host; not to be kept after the call. */
typedef struct nino_graph_builder {
    /* The host's own. */
    void *context;

    /* Adds the next nodes and writes the block's number to `*out`, owned by the caller. `nodes` is borrowed.
     * NINO_REFUSED: no name, a count below 1, an axis of another size, unknown group.
     * [in-call] */
    nino_status_t (*add_nodes)(const struct nino_graph_builder *builder, const nino_node_block_t *nodes,
                               nino_nodes_t *out, nino_error_t *error);

    /* Adds the next edges. Self loops are the host's. `edges` is borrowed. NINO_REFUSED: unknown block or parameter,
     * levels that do not multiply to the block's size, a scalar outside the parameter. [in-call] */
    nino_status_t (*add_edges)(const struct nino_graph_builder *builder, const nino_edge_block_t *edges,
                               nino_error_t *error);
} nino_graph_builder_t;

typedef struct nino_plugin_neural_graph {
    /* Adds all node and edge blocks of the model to `builder`, the same ones at every call. `builder` is borrowed.
     * Every scalar of every parameter lies on at least one edge. [one-thread] */
    nino_status_t (*construct)(const nino_architecture_t *architecture, const nino_model_t *model,
                               const nino_graph_builder_t *builder, nino_error_t *error);
} nino_plugin_neural_graph_t;

/* ---- Extension nino.forward/1 ----------------------------------------------------------------------------------- */

#define NINO_EXTENSION_FORWARD "nino.forward/1"

/* A value of the trace, as the builder numbered it. */
typedef int64_t nino_value_t;

#define NINO_MAX_RANK 8

typedef int32_t nino_attribute_kind_t;
#define NINO_ATTRIBUTE_INTEGER 0
#define NINO_ATTRIBUTE_REAL 1
#define NINO_ATTRIBUTE_TEXT 2
#define NINO_ATTRIBUTE_INTEGERS 3
#define NINO_ATTRIBUTE_REALS 4

/* One named attribute of an op; only the field that `kind` names is read. Borrowed during the call. */
typedef struct nino_attribute {
    const char *name;
    nino_attribute_kind_t kind;
    int64_t integer;
    double real;
    const char *text;
    const int64_t *integers;
    int64_t integer_count;
    const double *reals;
    int64_t real_count;
} nino_attribute_t;

/* Takes down the forward pass. All shapes are known while tracing; another batch size is another trace.
 * Owned by the host; not to be kept after the call.
 *
 * Inputs that the host's tasks give: "pixels" float32 [B, C, H, W], "input_ids" int64 [B, T], "labels" int64 [B] or
 * [B, T].
 *
 * Ops, with their inputs and, behind a semicolon, attributes (defaults in parentheses; without one it must be given).
 * Values are float32, ids and labels int64; [..., n] means any leading axes. Formulas, gradients and fine print are in
 * docs/ops.md.
 *
 *   linear             x [..., in], weight, bias [out] (optional); layout text (outFirst: [out, in]),
 *                      inFirst: [in, out]
 *   matmul             a [..., m, k], b [..., k, n] or [k, n]; transposeA (0), transposeB (0)
 *   add, mul           a [..., s], b [s], repeated along the leading axes
 *   scale              x; factor real
 *   reshape            x; shape integers, at most one -1
 *   transpose          x; axes integers: axis i of the result is axis axes[i] of x
 *   slice              x; axis, start, end integers
 *   concat             one or more; axis integer
 *   expand             x; count integer: a new first axis
 *   broadcast          x; shape integers: repeated along new leading axes and axes of size 1
 *   pad                x; axis, before (0), behind (0) integers, value real (0)
 *   gather             x, indices of its rank (float32); axis integer
 *   toFloat            ids: the same as float32
 *   embedding          ids [...], table [rows, width]; paddingIndex integer (-1: none)
 *   layerNorm          x [..., n], weight [n], bias [n] (optional); epsilon real (1e-5)
 *   rmsNorm            x [..., n], weight [n] (optional); epsilon real (1e-6)
 *   batchNorm          x [B, C, ...], weight, bias, running mean, running variance, each [C]; epsilon real (1e-5),
 *                      momentum real (0.1)
 *   softmax            x, over the last axis
 *   attention          q [B, T, heads d], k, v [B, T, kvHeads d]; heads, kvHeads (heads) integers, causal (0),
 *                      scale real (1/sqrt(d))
 *   rotary             x [B, T, heads width]; width integer, theta real, inverse (0); with factor real also lowFactor,
 *                      highFactor real, positions integer
 *   rotaryTable        x [..., n], cosines, sines [..., n]
 *   recurrent          x [B, T, in], two weights, two biases (both or none); cell text (lstm, gru, tanh, relu),
 *                      reverse (0)
 *   relu, silu, tanh   x
 *   unary              x; function text (exp, sigmoid, softplus, ...: docs/ops.md)
 *   binary             a, b, either repeats over the other; function text (divide, power, maximum, ...)
 *   where              condition, a, b
 *   gelu               x; approximation text (erf), tanh
 *   conv2d             x [B, in, H, W], weight [out, in / groups, h, w], bias [out] (optional); stride (1),
 *                      padding (0), groups (1)
 *   conv1d             x [B, in, length], weight [out, in / groups, k], bias; as conv2d
 *   convTranspose2d    x, weight [in, out / groups, h, w], bias (optional); as conv2d, outputPadding (0)
 *   convTranspose1d    the same in one dimension
 *   averagePool2d, maxPool2d    x [B, C, H, W]; kernel, stride (the kernel), padding (0)
 *   globalAveragePool  x [B, C, ...]: [B, C]
 *   mean               x; axes integers, keepAxes (0)
 *   reduce             x; function text (sum, max, min), axes integers, keepAxes (0)
 *   cumulativeSum      x; axis integer
 *   argmax             x; axis integer: where the first of the largest lies
 *   topK               x [..., n]; count integer: the largest first
 *   topKScatter        x [..., n], values [..., count]; count integer
 *   crossEntropy       logits [..., classes], labels [...]; ignoreIndex integer (-100), shift integer (0): the mean,
 *                      a scalar */
typedef struct nino_forward_builder {
    /* The host's own. */
    void *context;

    /* Asks for an input of the model ("pixels" [B, C, H, W], "input_ids" [B, T], "labels"). `dims` has `rank` sizes,
     * -1 where any is right. Writes the value to `*out`, owned by the caller. NINO_ABSENT if the caller of the model
     * did not give it; NINO_INVALID if its type or shape is another one. Text and dims are borrowed. [in-call] */
    nino_status_t (*input)(const struct nino_forward_builder *builder, const char *name,
                           nino_element_type_t element_type, const int64_t *dims, int64_t rank, nino_value_t *out,
                           nino_error_t *error);

    /* A parameter or buffer of the model, by name, written to `*out`, owned by the caller. `name` is borrowed.
     * NINO_REFUSED: no such tensor.
     * [in-call] */
    nino_status_t (*tensor)(const struct nino_forward_builder *builder, const char *name, nino_value_t *out,
                            nino_error_t *error);

    /* A constant of `rank` dims, copied from `values`, which is borrowed. `*out` is owned by the caller.
     * [in-call] */
    nino_status_t (*constant)(const struct nino_forward_builder *builder, const float *values, const int64_t *dims,
                              int64_t rank, nino_value_t *out, nino_error_t *error);

    /* Applies an op of the host's op set (see above), or "custom." and the name of one of the plugin's own
     * (nino.custom_ops/1), and writes its result to `*out`, owned by the caller. All arguments are borrowed.
     * NINO_UNSUPPORTED: the host has no such op. NINO_REFUSED: wrong inputs, attributes or shapes; a custom op that
     * the plugin does not declare. [in-call] */
    nino_status_t (*op)(const struct nino_forward_builder *builder, const char *name, const nino_value_t *inputs,
                        int64_t input_count, const nino_attribute_t *attributes, int64_t attribute_count,
                        nino_value_t *out, nino_error_t *error);

    /* Writes the shape of a value: at most NINO_MAX_RANK sizes to `dims`, their number to `*rank`; both owned by the
     * caller. NINO_REFUSED: no such value. [in-call] */
    nino_status_t (*shape)(const struct nino_forward_builder *builder, nino_value_t value, int64_t *dims, int64_t *rank,
                           nino_error_t *error);

    /* Names a result: "logits" always; "loss", a scalar, when "labels" were given. `name` is borrowed.
     * NINO_REFUSED: no such value, taken name.
     * [in-call] */
    nino_status_t (*output)(const struct nino_forward_builder *builder, const char *name, nino_value_t value,
                            nino_error_t *error);
} nino_forward_builder_t;

typedef struct nino_plugin_forward {
    /* Traces the forward pass of the model into `builder`, which is borrowed. Called once for every combination of
     * input shapes. [one-thread] */
    nino_status_t (*trace)(const nino_architecture_t *architecture, const nino_model_t *model,
                           const nino_forward_builder_t *builder, nino_error_t *error);
} nino_plugin_forward_t;

/* ---- Extension nino.custom_ops/1 -------------------------------------------------------------------------------- */

#define NINO_EXTENSION_CUSTOM_OPS "nino.custom_ops/1"

#define NINO_MAX_CUSTOM_ARGUMENTS 16

/* The address of a C function, cast from its own type; a signature says what that is. Owned by the plugin, valid until
 * the process ends. Pure: it reads and writes what its arguments point to and nothing else, and element i of a result
 * depends on element i of the inputs and on the scalars alone. The host cuts a tensor into ranges and calls the
 * function for several at once. [thread-safe] */
typedef void (*nino_function_t)(void);

/* An element-wise op that the plugin computes. Owned by the plugin, valid as long as `architecture`.
 *
 * The signatures are C declarations without a semicolon, at most NINO_MAX_CUSTOM_ARGUMENTS arguments each, names all
 * different:
 *
 *   void swiglu(const float *gate, const float *up, float *out, int64_t n)
 *   void swiglu_vjp(const float *gate, const float *up, const float *grad_out, float *grad_gate, float *grad_up,
 *                   int64_t n)
 *
 *   function    inputs (const float *, at least one), then scalars (float, double, int32_t, int64_t), the output
 *               (float *), int64_t n. Named as the op.
 *   gradient    the same inputs and scalars, the gradient of the output (const float *grad_<output>), one gradient for
 *               each input in their order (float *grad_<input>), int64_t n. Named as the op with "_vjp" behind.
 *
 * Inputs and output have one shape, and `n` is the number of elements of the range, at least 1. Each pointer leads to
 * `n` floats, borrowed for the call. The function writes all of them that are not const, and never adds to them; they
 * overlap with nothing. A scalar is the attribute of its name: real or integer for float and double, integer for
 * int32_t and int64_t. */
typedef struct nino_custom_op {
    /* A C identifier, distinct among the plugin's custom ops. The forward pass calls it "custom.<name>". */
    const char *name;
    /* Never NULL. */
    const char *signature;
    /* Never NULL. */
    nino_function_t function;
    /* (optional) The vector-Jacobian product. NULL, both of them, when there is none: the op then runs, but not in
     * training. */
    const char *gradient_signature;
    nino_function_t gradient;
} nino_custom_op_t;

typedef struct nino_plugin_custom_ops {
    /* The plugin's custom ops, 1 ... 256 of them; writes their number to `*count`, owned by the host. Owned by the
     * plugin, valid and unchanged as long as `architecture`. Never NULL. Called once. [one-thread] */
    const nino_custom_op_t *(*ops)(const nino_architecture_t *architecture, int64_t *count);
} nino_plugin_custom_ops_t;

/* ---- Entry ------------------------------------------------------------------------------------------------------ */

/* One architecture. Owned by the plugin from create_architecture to destroy. */
struct nino_architecture {
    /* The plugin's own. */
    void *context;

    /* The plugin's table for an extension id, NULL if it has none of that name. Owned by the plugin, valid as long as
     * `architecture`. `id` is borrowed. [thread-safe] */
    const void *(*get_extension)(const nino_architecture_t *architecture, const char *id);

    /* Frees the architecture, after all its models. The library itself stays loaded until the process ends.
     * [one-thread] */
    void (*destroy)(nino_architecture_t *architecture);
};

/* What nino_plugin_entry returns. Owned by the plugin, valid and unchanged until the process ends.
 * The host reads `abi_major` first and nothing else if that is not its own. */
typedef struct nino_entry {
    uint32_t abi_major;
    uint32_t abi_minor;
    /* Reverse-domain name, unique among plugins ("org.example.mynet"). Not empty. */
    const char *id;
    /* For people. Not empty. */
    const char *name;
    /* The plugin's own version. Not empty. */
    const char *version;
    /* (optional) The oldest host that this plugin works with, "MAJOR.MINOR.PATCH" as nino_host_t has it in `version`,
     * because it asks for an op or an extension that came with it. NULL: any host of this major ABI number. */
    const char *minimum_host;
    /* The plugin's own. */
    void *context;

    /* How many architectures the library holds, at least 1.
     * [thread-safe] */
    int64_t (*architecture_count)(const struct nino_entry *entry);

    /* Makes architecture `index`, 0 ... architecture_count - 1, owned by the plugin until its `destroy`. `host` stays
     * valid as long as the plugin is loaded. `*out` is set only on NINO_OK. [one-thread] */
    nino_status_t (*create_architecture)(const struct nino_entry *entry, int64_t index, const nino_host_t *host,
                                         nino_architecture_t **out, nino_error_t *error);
} nino_entry_t;

/* The one symbol a plugin exports: its entry table, or NULL if it cannot serve hosts of this major ABI number.
 * Owned by the plugin, valid until the process ends.
 * [thread-safe] */
NINO_EXPORT const nino_entry_t *nino_plugin_entry(uint32_t host_abi_major);

/* ---- Manifest --------------------------------------------------------------------------------------------------- */

/* (optional) What the host may know of a plugin without running its code: a JSON object in the ELF section
 * .nino_manifest, at most NINO_MANIFEST_SIZE bytes. Written once, in a C file of the plugin:
 *
 *   NINO_MANIFEST({
 *       "id": "org.example.mynet",
 *       "version": "0.1.0",
 *       "abi": "1.0",
 *       "minimum_host": "1.0.0",
 *       "model_types": ["mynet"]
 *   });
 *
 *   id, version, minimum_host   as in nino_entry_t
 *   abi                         NINO_ABI_MAJOR.NINO_ABI_MINOR of the header it was built with
 *   model_types                 those of all its architectures
 *
 * All but minimum_host are needed, and other keys are ignored. What it says must be what the tables say. `recognize` is
 * then called only for configs of these model types, and for configs that name none. A plugin without a manifest is
 * loaded in a child process to be asked by `recognize`, and has seconds to answer. */
#define NINO_MANIFEST_SIZE 65536
#if defined(__GNUC__) || defined(__clang__)
#define NINO_MANIFEST(...) \
    static const char nino_manifest[] __attribute__((section(".nino_manifest"), NINO_RETAIN)) = #__VA_ARGS__
/* Kept, though nothing refers to it. */
#if defined(__has_attribute)
#if __has_attribute(retain)
#define NINO_RETAIN used, retain
#endif
#endif
#ifndef NINO_RETAIN
#define NINO_RETAIN used
#endif
#endif

#ifdef __cplusplus
}
#endif

#endif
