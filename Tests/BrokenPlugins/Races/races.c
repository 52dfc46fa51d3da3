/* A right plugin two of whose threads write one number. Nobody sees it but the thread sanitizer (`make sanitize`). */
#include "../variant.h"

#include <pthread.h>

static int64_t shared;

static void *count(void *unused) {
    for (int i = 0; i < 1000; i++) shared++;
    return NULL;
}

static nino_status_t describe_together(const nino_architecture_t *architecture, const nino_model_t *model,
                                       const nino_model_builder_t *builder, nino_error_t *error) {
    pthread_t other;
    if (pthread_create(&other, NULL, count, NULL) != 0) return NINO_FAILED;
    count(NULL);
    pthread_join(other, NULL);
    return describe(architecture, model, builder, error);
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static nino_plugin_descriptor_t descriptor;
    if (strcmp(id, NINO_EXTENSION_DESCRIPTOR) != 0) return get_extension(architecture, id);
    descriptor = *(const nino_plugin_descriptor_t *)get_extension(architecture, id);
    descriptor.describe = describe_together;
    return &descriptor;
}

ENTRY_WITH_EXTENSIONS(extensions)
