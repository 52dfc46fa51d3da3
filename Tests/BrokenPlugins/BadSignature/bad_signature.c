/* Declares a custom op whose signature leaves out the count. */
#include "../variant.h"

static void twice(const float *x, float *out) {
    out[0] = 2 * x[0];
}

static const nino_custom_op_t *ops(const nino_architecture_t *architecture, int64_t *count) {
    static const nino_custom_op_t op = {"twice", "void twice(const float *x, float *out)", (nino_function_t)twice, NULL,
                                        NULL};
    *count = 1;
    return &op;
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static const nino_plugin_custom_ops_t table = {ops};
    return strcmp(id, NINO_EXTENSION_CUSTOM_OPS) == 0 ? &table : get_extension(architecture, id);
}

ENTRY_WITH_EXTENSIONS(extensions)
