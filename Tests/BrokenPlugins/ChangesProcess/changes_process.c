/* A right plugin that changes how its process works: arithmetic when it is loaded, the rest when it makes a model. */
#include "../variant.h"

#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((constructor)) static void bend(void) {
    fesetround(FE_DOWNWARD);
}

static nino_status_t describe_elsewhere(const nino_architecture_t *architecture, const nino_model_t *model,
                                        const nino_model_builder_t *builder, nino_error_t *error) {
    signal(SIGINT, SIG_IGN);
    setlocale(LC_ALL, "C.UTF-8");
    umask(0);
    alarm(1);
    if (chdir("/") != 0) return NINO_FAILED;
    return describe(architecture, model, builder, error);
}

static const void *extensions(const nino_architecture_t *architecture, const char *id) {
    static nino_plugin_descriptor_t descriptor;
    if (strcmp(id, NINO_EXTENSION_DESCRIPTOR) != 0) return get_extension(architecture, id);
    descriptor = *(const nino_plugin_descriptor_t *)get_extension(architecture, id);
    descriptor.describe = describe_elsewhere;
    return &descriptor;
}

ENTRY_WITH_EXTENSIONS(extensions)
