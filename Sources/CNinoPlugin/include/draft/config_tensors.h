/*
 * draft/config_tensors.h: tensors that lie beside a config. Extension nino.config_tensors/1 of the host, under trial.
 *
 * A config is JSON, and a large table does not belong into JSON. So a plugin may let a key of its config name a
 * safetensors file, and reads that through the host, which knows in which folder the config lies.
 */
#ifndef NINO_DRAFT_CONFIG_TENSORS_H
#define NINO_DRAFT_CONFIG_TENSORS_H

#include "../nino_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NINO_EXTENSION_CONFIG_TENSORS "nino.config_tensors/1"

/* Owned by the host, valid as long as the plugin is loaded. */
typedef struct nino_host_config_tensors {
    /* Gives tensor `name` of the safetensors file `file`, a plain name without a folder, in the folder of the config.
     * `*values` then points to its scalars as float32, row-major, owned by the host and valid as long as `config`;
     * `shape` takes up to NINO_MAX_RANK sizes, `*rank` their number. NINO_INVALID, with nothing written: `file` is no
     * plain name, the config came from no file, the file cannot be read, it has no such tensor, or that has no float32
     * values; the message names file and tensor. [thread-safe] */
    nino_status_t (*read)(const nino_config_t *config, const char *file, const char *name, const float **values,
                          int64_t *shape, int64_t *rank, nino_error_t *error);
} nino_host_config_tensors_t;

#ifdef __cplusplus
}
#endif

#endif
