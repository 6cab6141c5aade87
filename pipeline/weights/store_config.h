/* The config.json files of a diffusers folder that we write, with the names and values of the published v1 folders, so
 * that other programs can open ours. */
#ifndef SDBENCH_WEIGHTS_STORE_CONFIG_H
#define SDBENCH_WEIGHTS_STORE_CONFIG_H

#include "pipeline/base/shape.h"
#include "pipeline/weights/checkpoint_config.h"

/* The text for sub_models[sub_model] of a checkpoint of these shapes; malloc'ed, NULL when out of memory. */
char *store_config_text(size_t sub_model, const struct tensor_spec *spec, size_t count,
                        const struct checkpoint_rules *v1);

#endif
