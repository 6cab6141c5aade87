/* Presets: whose Stable Diffusion is computed. Two programs run the same weights and differ in details; a preset names
 * all of them. */
#ifndef SDBENCH_PRESET_H
#define SDBENCH_PRESET_H

#include "pipeline/model/model.h"
#include "pipeline/sampler/sampler.h"
#include "pipeline/text/tokenizer.h"

struct preset {
    const char *name, *summary;
    struct model_details details;
    enum tokenizer_flavor tokenizer; /* which also refuses or cuts long prompts */
    enum sampler_ddim ddim;
    int size_multiple;      /* of width and height, in pixels */
    bool always_guided;     /* false: a guidance scale of 1 or less leaves out the unconditional branch */
};
extern const struct preset presets[]; /* ends with a NULL name */

/* An unknown name is an error with the nearest one. */
struct err preset_find(const char *name, const struct preset **out);

#endif
