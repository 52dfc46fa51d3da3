/* Never returns. */
#include "../hostile.h"

static nino_status_t loop(const nino_architecture_t *architecture, const nino_model_t *model,
                          const nino_graph_builder_t *builder, nino_error_t *error) {
    for (volatile int turn = 0;; turn = 1 - turn) {}
}

HOSTILE("endless-loop", tables.graph.construct = loop)
