#include "bench/workload.h"

#include <string.h>

#include "bench/plan/subject.h"
#include "pipeline/base/name.h"

static const char OTTER[] = "A cute otter in a rainbow whirlpool holding shells, watercolor";
static const char ASTRONAUT[] = "a photograph of an astronaut riding a horse";

const struct workload workloads[] = {
#define FIRST(variant, prompt)
#define WORKLOAD(name, model, width, height, images, steps, sampler, guidance, states, burn_in, settle, articles,  \
                 prompt, summary)                                                                                      \
    {name, summary, model, sampler, prompt, width, height, images, steps, guidance, states, burn_in, settle, articles},
#include "bench/workloads.def"
    {0},
#undef WORKLOAD
#undef FIRST
};

static const struct {
    const char *variant, *prompt;
} first_prompts[] = {
#define FIRST(variant, prompt) {variant, prompt},
#define WORKLOAD(...)
#include "bench/workloads.def"
#undef WORKLOAD
#undef FIRST
};

struct err workload_from_options(const struct options *o, const char *usual, struct workload *out)
{
    const char *names[ARRAY_LEN(workloads)] = {0};
    size_t index;
    for (size_t i = 0; workloads[i].name; i++)
        names[i] = workloads[i].name;
    TRY(name_find("workload", o->workload ? o->workload : usual, names, &index));
    *out = workloads[index];
    out->model = o->model ? o->model : out->model;
    out->sampler = o->sampler ? o->sampler : out->sampler;
    out->width = o->size.width ? o->size.width : out->width;
    out->height = o->size.height ? o->size.height : out->height;
    out->images = o->images ? o->images : out->images;
    out->steps = o->steps ? o->steps : out->steps;
    out->guidance = o->given[OPTION_guidance] ? o->guidance : out->guidance;

    struct options changed = *o; /* the job's sizes and names are checked as `plan` does, before anything is measured */
    changed.model = out->model;
    changed.sampler = out->sampler;
    changed.size.width = out->width;
    changed.size.height = out->height;
    changed.steps = out->steps;
    struct subject subject;
    struct err e = subject_make(&changed, &subject);
    subject_free(&subject);
    return e;
}

const char *workload_first_prompt(const struct workload *w, const char *variant)
{
    for (size_t i = 0; w->is_articles && i < ARRAY_LEN(first_prompts); i++)
        if (!strcmp(first_prompts[i].variant, variant))
            return first_prompts[i].prompt;
    return w->prompt;
}
