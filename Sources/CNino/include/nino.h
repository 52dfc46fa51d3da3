/*
 * nino.h: neuron interaction and nowcasting as a C library, libnino.so. Interface 1.0.
 *
 * A program that trains a network hands over five states of its weights and is given the weights some states ahead:
 *
 *   nino_session_create                          where plugins are looked for, what they may use
 *   nino_network_open, _open_json                a model by its config or as a traced program
 *   nino_nowcaster_open                          the network that ships, or one from a file
 *   nino_nowcast                                 five states in, one or many horizons out
 *
 * or leaves to the library when to nowcast and what to do with it, step by step, beside any optimizer of its own:
 *
 *   nino_optimizer_create
 *   each step:  if nino_optimizer_needs_gradients:  nino_optimizer_record, then a step of the own optimizer
 *               else:                               nino_optimizer_nowcast, which calls a loss function
 *
 * Text      UTF-8, NUL-terminated. Counts, shapes, strides and indices are int64_t.
 * Tensors   in the caller's memory, of any stride, in float32, float16 or bfloat16. They are read and written in place;
 *           nothing else of the size of a model is kept but by an optimizer, which holds its states in float32.
 * Memory    Whoever made a thing frees it. What is passed to a function is borrowed until that function returns. Each
 *           nino_X_create or _open has a nino_X_destroy, which takes NULL as well.
 * Failure   Functions that can fail return a nino_outcome_t and write a sentence into the caller's nino_message_t, or
 *           nothing where that is NULL. What they were to make or change is then as it was. The library never prints,
 *           exits or aborts for bad input.
 * Process   The floating-point environment of the calling thread is as it was when a function returns, and the library
 *           changes no signal handler, locale, environment or directory. It works in a child after fork, from where
 *           what the parent made may be used too. Code of plugins that are not known yet runs in a child process first,
 *           the program `nino` beside the library or in ../bin.
 * Growth    Structures and functions of this header are frozen with the first release. New needs get new functions.
 *
 * Building  cc example.c $(pkg-config --cflags --libs libnino)
 *
 * Every function carries a tag:
 *   [thread-safe]   any thread, at any time, also at once from several.
 *   [one-thread]    any thread, but never two calls at once for the same object.
 */
#ifndef NINO_H
#define NINO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NINO_LIBRARY_MAJOR 1
#define NINO_LIBRARY_MINOR 0

/* ---- Outcomes --------------------------------------------------------------------------------------------------- */

/* The numbers are those of the command line's exit status. */
typedef int32_t nino_outcome_t;

#define NINO_DONE 0
/* Bad input, or a file that cannot be read. */
#define NINO_BAD_INPUT 2
/* The plugin that was needed misbehaved. */
#define NINO_PLUGIN_MISBEHAVED 3
/* A callback asked for an end. */
#define NINO_STOPPED 130

/* Owned by the caller. The library writes a NUL-terminated sentence; a longer one is cut. */
typedef struct nino_message {
    char text[1024];
} nino_message_t;

/* Version of the library, such as "1.0.0". Owned by the library. [thread-safe] */
const char *nino_library_version(void);

/* Sets how many threads share the work of the library, at least 1; at first the number of processors. Results do not
 * depend on it. NINO_BAD_INPUT for other numbers. [thread-safe] */
nino_outcome_t nino_library_set_threads(int64_t threads, nino_message_t *message);

/* How many threads share the work. [thread-safe] */
int64_t nino_library_threads(void);

/* Bytes or a text that the library made. */
typedef struct nino_bytes {
    /* Owned by the library until nino_bytes_destroy; a text ends in a NUL that `count` leaves out. */
    void *data;
    int64_t count;
} nino_bytes_t;

/* Frees what the library put there, and sets both fields to zero. NULL is allowed. [one-thread] */
void nino_bytes_destroy(nino_bytes_t *bytes);

/* ---- Sessions --------------------------------------------------------------------------------------------------- */

/* Where plugins are looked for and what they may use. May be destroyed while networks that it opened live on. */
typedef struct nino_session nino_session_t;

/* Makes a session: NINO_PLUGIN_PATH, then the plugins installed with the library; each looked at in a child process
 * first, which may take 60 s and 4 GiB. `*out` is the caller's, to be given to nino_session_destroy. [thread-safe] */
nino_outcome_t nino_session_create(nino_session_t **out, nino_message_t *message);

/* Frees a session. NULL is allowed. [one-thread] */
void nino_session_destroy(nino_session_t *session);

/* Has plugins looked for in a folder too, before all others. `folder` is borrowed. [one-thread] */
nino_outcome_t nino_session_add_plugin_path(nino_session_t *session, const char *folder, nino_message_t *message);

/* 1: plugins are loaded in this process at once, without looking first in a child process what they do. 0: the
 * opposite. [one-thread] */
void nino_session_set_trust(nino_session_t *session, int32_t trust);

/* What a plugin may take in a child process: seconds of wall-clock time without waits for a processor, above 0 and at
 * most 1e6; bytes of memory, at least 16 MiB. NINO_BAD_INPUT for other numbers. [one-thread] */
nino_outcome_t nino_session_set_limits(nino_session_t *session, double seconds, int64_t memory_bytes,
                                       nino_message_t *message);

/* ---- Networks: what is trained ---------------------------------------------------------------------------------- */

/* The list of a model's tensors, with the graph of its neurons where it has one. */
typedef struct nino_network nino_network_t;

/* Opens the network of a config. `config` is a path, or a name of those that ship ("gpt2"); borrowed. `*out` is the
 * caller's, to be given to nino_network_destroy. NINO_BAD_INPUT: no such config, no plugin knows it, or a plugin
 * refuses it; NINO_PLUGIN_MISBEHAVED. [one-thread] */
nino_outcome_t nino_network_open(nino_session_t *session, const char *config, nino_network_t **out,
                                 nino_message_t *message);

/* The same from the JSON text of a config or of a traced program. `name` is what messages call it; both are borrowed.
 * [one-thread] */
nino_outcome_t nino_network_open_json(nino_session_t *session, const char *json, const char *name, nino_network_t **out,
                                      nino_message_t *message);

/* Frees a network. NULL is allowed. Optimizers that were made from it keep what they need. [one-thread] */
void nino_network_destroy(nino_network_t *network);

typedef int32_t nino_tensor_role_t;
/* Trained; nowcast. */
#define NINO_ROLE_PARAMETER 0
/* Stored with the weights but not trained. */
#define NINO_ROLE_BUFFER 1
/* Another name of a parameter. */
#define NINO_ROLE_TIED 2

/* One tensor of a network. What it points to is the network's, valid as long as the network. */
typedef struct nino_tensor_info {
    const char *name;
    nino_tensor_role_t role;
    int64_t rank;
    /* `rank` sizes, slowest axis first; NULL for rank 0. */
    const int64_t *shape;
    /* For NINO_ROLE_TIED the parameter's name, else NULL. */
    const char *tied_to;
} nino_tensor_info_t;

/* A network without a graph, from its parameters alone: for nowcasters that need none. `tensors` holds `count`
 * parameters, of which name, rank and shape are read; borrowed. NINO_BAD_INPUT: a name that is empty or taken, or a
 * size below 1. [thread-safe] */
nino_outcome_t nino_network_create(const nino_tensor_info_t *tensors, int64_t count, nino_network_t **out,
                                   nino_message_t *message);

/* Number of tensors: parameters in the order of named_parameters(), then buffers, then tied names. [thread-safe] */
int64_t nino_network_tensor_count(const nino_network_t *network);

/* Number of parameters, which are the first tensors. [thread-safe] */
int64_t nino_network_parameter_count(const nino_network_t *network);

/* Describes tensor `index` in `*out`, owned by the caller. NINO_BAD_INPUT for an index outside 0 ... tensor_count - 1.
 * [thread-safe] */
nino_outcome_t nino_network_tensor(const nino_network_t *network, int64_t index, nino_tensor_info_t *out,
                                   nino_message_t *message);

/* Finds each tensor among the names that a program has for its own: without a prefix that the model's checkpoints may
 * leave out, or with those that torch.compile and distributed wrappers put before all names. `names` holds `count`
 * names, `indices` room for tensor_count numbers: the place of each tensor among the names, -1 for one that is not
 * there. NINO_BAD_INPUT: a parameter that is not there, with the names that come close; some names with and others
 * without a prefix. [thread-safe] */
nino_outcome_t nino_network_match(const nino_network_t *network, const char *const *names, int64_t count,
                                  int64_t *indices, nino_message_t *message);

/* ---- Nowcasters ------------------------------------------------------------------------------------------------- */

/* What predicts weights. */
typedef struct nino_nowcaster nino_nowcaster_t;

/* Opens a nowcaster: "nino" is the network that ships, "linefit" the least-squares line, "average" the mean of the
 * states; anything else a path of a checkpoint (safetensors, or the authors' .pt). `name` is borrowed; `*out` is the
 * caller's, to be given to nino_nowcaster_destroy. NINO_BAD_INPUT: no such file, or no nowcaster in it. [thread-safe]
 */
nino_outcome_t nino_nowcaster_open(const char *name, nino_nowcaster_t **out, nino_message_t *message);

/* Frees a nowcaster. NULL is allowed. Optimizers that were made from it keep what they need. [one-thread] */
void nino_nowcaster_destroy(nino_nowcaster_t *nowcaster);

/* The longest horizon in states; 0: any. [thread-safe] */
int64_t nino_nowcaster_longest_horizon(const nino_nowcaster_t *nowcaster);

/* 1 if it needs the graph of a network, else 0. [thread-safe] */
int32_t nino_nowcaster_needs_graph(const nino_nowcaster_t *nowcaster);

typedef int32_t nino_states_t;
/* States are what the nowcaster was trained on. */
#define NINO_STATES_OF_NOWCASTER 0
/* A state is the weights as they are at the step that records it, as in the paper. */
#define NINO_STATES_SNAPSHOT 1
/* A state is the mean of the weights over the steps since the state before. */
#define NINO_STATES_MEAN 2

/* What it was trained on: NINO_STATES_SNAPSHOT or NINO_STATES_MEAN. [thread-safe] */
nino_states_t nino_nowcaster_states(const nino_nowcaster_t *nowcaster);

/* ---- A nowcast -------------------------------------------------------------------------------------------------- */

typedef int32_t nino_scalar_t;
#define NINO_F32 0
#define NINO_F16 1
#define NINO_BF16 2

/* A tensor in the caller's memory, of the shape that the network says. */
typedef struct nino_array {
    /* The element whose indices are all zero. Written only where a function says so. */
    void *data;
    nino_scalar_t type;
    /* Elements from one index of an axis to the next, one number an axis; may be negative or zero. NULL: row-major
     * without gaps. Borrowed. Elements that are written must lie in places of their own. */
    const int64_t *strides;
} nino_array_t;

/* Sees how far a nowcast is. Called on the thread that called the library, a few times a second, between `0` and `1`.
 */
typedef struct nino_watch {
    /* The caller's own. */
    void *context;
    /* Returns 0 to go on, anything else to end the work with NINO_STOPPED. Calls no function of the library that takes
     * an object in use. [one-thread] */
    int32_t (*progress)(void *context, double fraction);
} nino_watch_t;

/* Predicts all parameters some states ahead of the newest of five.
 *
 * `states` holds 5 * parameter_count arrays, oldest state first, the parameters of each in the network's order; they
 * are read. `horizons` holds `horizon_count` numbers, 1 ... longest_horizon, in states. `outputs` holds horizon_count *
 * parameter_count arrays in the same order, which are written; none may overlap a state. `watch` may be NULL. Where
 * something goes wrong the outputs hold any numbers. The result may hold NaN or infinity if the states do.
 * NINO_BAD_INPUT, NINO_PLUGIN_MISBEHAVED, NINO_STOPPED. [one-thread] */
nino_outcome_t nino_nowcast(nino_network_t *network, const nino_nowcaster_t *nowcaster, const nino_array_t *states,
                            const int64_t *horizons, int64_t horizon_count, const nino_array_t *outputs,
                            const nino_watch_t *watch, nino_message_t *message);

/* ---- Beside an optimizer ---------------------------------------------------------------------------------------- */

/* When to nowcast and what to do with it, for one training run. */
typedef struct nino_optimizer nino_optimizer_t;

typedef int32_t nino_policy_t;
/* Once a period the nowcast takes the place of the weights, far ahead at first and near at the end, as the paper has
 * it. */
#define NINO_POLICY_SCHEDULE 0
/* Means and nowcasts are judged by a loss function; the farthest that costs little takes the place of the weights. */
#define NINO_POLICY_SEARCH 1
/* Once a period the nowcast one state ahead takes the place of the weights: for runs that nothing judges. */
#define NINO_POLICY_NEAR 2

typedef struct nino_optimizer_settings {
    nino_policy_t policy;
    nino_states_t states;
    /* 1: the graph is cut between layers and each part nowcast by itself; 0: the whole graph. */
    int32_t subgraph;
    /* Steps in which five states are recorded, at least 5; the paper's is 1000. */
    int64_t period;
    /* Length of the whole run in steps, at least 1. */
    int64_t max_train_steps;
    /* States that the first nowcast looks ahead, with NINO_POLICY_SEARCH the most that any does; 0: as many as the
     * nowcaster can. Not read with NINO_POLICY_NEAR. */
    int64_t first_horizon;
    /* Share of the edges that messages pass along, above 0 and at most 1. */
    double edge_sample_ratio;
    /* Chooses those edges. */
    uint64_t seed;
    /* (optional) parameter_count numbers, 0 for a parameter that is never written: a frozen one. NULL: all are. */
    const uint8_t *is_trained;
} nino_optimizer_settings_t;

/* Makes the wrapper's state for a run that begins. All arguments are borrowed; the optimizer keeps what it needs of
 * network and nowcaster. NINO_BAD_INPUT: a setting, or a nowcaster that needs a graph where there is none.
 * [one-thread] */
nino_outcome_t nino_optimizer_create(nino_network_t *network, const nino_nowcaster_t *nowcaster,
                                     const nino_optimizer_settings_t *settings, nino_optimizer_t **out,
                                     nino_message_t *message);

/* Frees an optimizer. NULL is allowed. [one-thread] */
void nino_optimizer_destroy(nino_optimizer_t *optimizer);

/* 1 if the next step is one of the own optimizer: take gradients, call nino_optimizer_record, then step. 0 if it is a
 * nowcast, which needs none. [one-thread] */
int32_t nino_optimizer_needs_gradients(const nino_optimizer_t *optimizer);

/* 1 if nino_optimizer_record will read the weights at the next step, else 0. [one-thread] */
int32_t nino_optimizer_needs_weights(const nino_optimizer_t *optimizer);

/* Steps so far, nowcasts among them. [one-thread] */
int64_t nino_optimizer_completed_steps(const nino_optimizer_t *optimizer);

/* Bytes that states, their mean and what a search found take at most. [one-thread] */
int64_t nino_optimizer_memory(const nino_optimizer_t *optimizer);

/* Takes down the weights as they are before a step of the own optimizer. `weights` holds parameter_count arrays, which
 * are read; may be NULL where nino_optimizer_needs_weights says 0. NINO_BAD_INPUT: the next step is a nowcast.
 * [one-thread] */
nino_outcome_t nino_optimizer_record(nino_optimizer_t *optimizer, const nino_array_t *weights, nino_message_t *message);

/* How many steps of the own optimizer nino_optimizer_record_mean may take down at once: those to the next state, or to
 * the next nowcast. 0 where states are no means, or the next step is a nowcast. [one-thread] */
int64_t nino_optimizer_steps_to_state(const nino_optimizer_t *optimizer);

/* As `steps` calls of nino_optimizer_record, after these steps and by the mean of the weights before each: for weights
 * that lie elsewhere, where their mean costs less than to bring them here. `weights` holds parameter_count arrays,
 * which are read. NINO_BAD_INPUT: not 1 ... nino_optimizer_steps_to_state steps. [one-thread] */
nino_outcome_t nino_optimizer_record_mean(nino_optimizer_t *optimizer, const nino_array_t *weights, int64_t steps,
                                          nino_message_t *message);

/* The loss of the model with the weights that the arrays hold at this moment, on the same batches at every call during
 * one nino_optimizer_nowcast: writes it to `*loss`, the library's. Returns 0, or anything else to end the nowcast with
 * NINO_STOPPED. Called on the thread that called the library. What it asks of the optimizer is answered as before the
 * step; calls that change the optimizer are NINO_BAD_INPUT. [one-thread] */
typedef int32_t (*nino_loss_t)(void *context, double *loss);

typedef int32_t nino_event_kind_t;
/* The weights were replaced. */
#define NINO_EVENT_NOWCAST 0
/* A nowcast was made; the weights are as they were. */
#define NINO_EVENT_LOOKED 1
/* The nowcast was not finite; the weights are as they were. */
#define NINO_EVENT_REFUSED 2

/* What a nowcast did. Owned by the caller. */
typedef struct nino_event {
    nino_event_kind_t kind;
    /* With NINO_EVENT_REFUSED the first parameter that was not finite, else -1. */
    int32_t parameter;
    /* States ahead; 0 with NINO_EVENT_LOOKED. */
    int64_t horizon;
} nino_event_t;

/* Takes the step that is a nowcast. `weights` holds parameter_count arrays, which are read, and written: with the
 * candidates whose loss is asked for, and at the end with the new weights or with the old ones, bit for bit. `loss`
 * is needed by NINO_POLICY_SEARCH and may be NULL for others, as may `watch`. `event` may be NULL. NINO_BAD_INPUT: the
 * next step is no nowcast, no loss function; NINO_STOPPED. After any failure weights and optimizer are as they were.
 * [one-thread] */
nino_outcome_t nino_optimizer_nowcast(nino_optimizer_t *optimizer, const nino_array_t *weights, nino_loss_t loss,
                                      void *loss_context, const nino_watch_t *watch, nino_event_t *event,
                                      nino_message_t *message);

/* Writes the best weights that the run has to show to `outputs`, parameter_count arrays: those that training goes on
 * with, or means and nowcasts that a search has found to be better. `weights` and `loss` as above; the weights are as
 * they were afterwards. `outputs` may be `weights`. [one-thread] */
nino_outcome_t nino_optimizer_evaluation_weights(nino_optimizer_t *optimizer, const nino_array_t *weights,
                                                 nino_loss_t loss, void *loss_context, const nino_array_t *outputs,
                                                 nino_message_t *message);

/* Writes the weights from before the last nowcast that replaced them to `weights`, and forgets the states recorded so
 * far. NINO_BAD_INPUT: there was none, or it was taken back already. [one-thread] */
nino_outcome_t nino_optimizer_undo(nino_optimizer_t *optimizer, const nino_array_t *weights, nino_message_t *message);

/* Forgets the states recorded so far and begins anew: for weights that did not come about by training. [one-thread] */
nino_outcome_t nino_optimizer_forget(nino_optimizer_t *optimizer, nino_message_t *message);

/* All that the run depends on beside its weights and the own optimizer, as bytes for nino_bytes_destroy. [one-thread]
 */
nino_outcome_t nino_optimizer_save(const nino_optimizer_t *optimizer, nino_bytes_t *out, nino_message_t *message);

/* Takes up a run from what nino_optimizer_save gave. `data` is borrowed. NINO_BAD_INPUT: not such bytes, or those of
 * another model or other settings; then nothing has changed. [one-thread] */
nino_outcome_t nino_optimizer_restore(nino_optimizer_t *optimizer, const void *data, int64_t count,
                                      nino_message_t *message);

/* ---- A backtest ------------------------------------------------------------------------------------------------- */

/* What a backtest forecasts: known states of a run, each from those before it. All is borrowed. */
typedef struct nino_backtest {
    /* state_count * parameter_count arrays, oldest state first, the parameters of each in the network's order. */
    const nino_array_t *states;
    /* At least 6. */
    int64_t state_count;
    /* (optional) state_count rising numbers: the optimizer step of each state. NULL: 0, 1, 2, ... */
    const int64_t *steps;
    /* (optional) horizon_count numbers, in states. NULL: 1, 2, 4, ... as far as there are states to compare with. */
    const int64_t *horizons;
    int64_t horizon_count;
    /* (optional) nowcaster_count of them, beside the methods that need no graph; the states must then be equally far
     * apart. */
    const nino_nowcaster_t *const *nowcasters;
    int64_t nowcaster_count;
    /* (optional) The loss of the model with the weights that `weights` holds at this moment, of which states and
     * forecasts take the place: parameter_count arrays, at the end as they were. */
    nino_loss_t loss;
    void *loss_context;
    const nino_array_t *weights;
} nino_backtest_t;

/* Says how near every method would have come, and what to do: `*out` becomes a JSON text as `nino backtest --json`
 * prints it (docs/backtest.md), for nino_bytes_destroy. `watch` may be NULL. NINO_BAD_INPUT, NINO_STOPPED.
 * [one-thread] */
nino_outcome_t nino_backtest(nino_network_t *network, const nino_backtest_t *request, const nino_watch_t *watch,
                             nino_bytes_t *out, nino_message_t *message);

/* ---- The command line as functions ------------------------------------------------------------------------------ */

/* Proves the symmetries of a config's plugin, or of a traced program's derivation, in a child process. `config` is a
 * path or a name, borrowed. `*out` becomes JSON texts, one a line, as `nino verify --json` prints them; `*holds` 1 if
 * all proofs hold and all controls are caught, else 0. NINO_BAD_INPUT, NINO_PLUGIN_MISBEHAVED. [one-thread] */
nino_outcome_t nino_verify(nino_session_t *session, const char *config, nino_bytes_t *out, int32_t *holds,
                           nino_message_t *message);

/* What the neural graph of a config holds, as `nino graph --json` prints it. As nino_verify. [one-thread] */
nino_outcome_t nino_graph(nino_session_t *session, const char *config, nino_bytes_t *out, nino_message_t *message);

/* Path of the program `nino` that belongs to this library, as a text for nino_bytes_destroy. NINO_BAD_INPUT: there is
 * none. [thread-safe] */
nino_outcome_t nino_library_program(nino_bytes_t *out, nino_message_t *message);

#ifdef __cplusplus
}
#endif

#endif
