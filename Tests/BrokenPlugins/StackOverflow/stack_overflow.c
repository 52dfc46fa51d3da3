/* Calls itself without end. */
#include "../hostile.h"

static int64_t deeper(volatile int64_t depth) {
    return deeper(depth + 1) + depth;
}

static nino_status_t overflow(const nino_architecture_t *architecture, const nino_model_t *model,
                              const nino_forward_builder_t *builder, nino_error_t *error) {
    return deeper(0) == 0 ? NINO_OK : NINO_FAILED;
}

HOSTILE("stack-overflow", tables.forward.trace = overflow)
