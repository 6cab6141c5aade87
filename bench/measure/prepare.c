#include <stdlib.h>
#include <string.h>

#include "bench/measure/measure.h"
#include "bench/state/residency.h"
#include "pipeline/model/manifest.h"
#include "pipeline/weights/cache.h"

/* A variant that the machine lacks is a row with the reason; without any, that reason is the error. */
static struct err check_variants(struct bench_result *r)
{
    struct engine_options options = options_engine(r->options);
    options.model = r->workload.model;
    options.no_weights = true;
    struct err absent = OK;
    int able = 0;
    for (int i = 0; i < r->variants; i++) {
        struct variant_result *v = &r->variant[i];
        struct engine *engine;
        options.variant = v->variant->name;
        struct err e = engine_open(&options, NULL, &engine);
        if (!e.code) {
            able++;
            r->computes = engine_backend(engine)->computes;
            r->synthetic = engine_is_synthetic(engine);
            engine_free(engine);
            continue;
        }
        if (e.code != ERR_ABSENT) {
            err_free(&absent);
            return e;
        }
        v->absent = strdup(err_text(e));
        absent = err_first(absent, e);
    }
    if (!able)
        return absent;
    err_free(&absent);
    return OK;
}

static bool report_making(void *to, uint64_t done, uint64_t total)
{
    return progress_report(to, "make weights", done, total);
}

static struct err make_synthetic(const struct bench_result *r, struct progress *p, char **path)
{
    const struct model_config *config = model_config_find(r->workload.model);
    struct arena arena = {0};
    struct manifest m = manifest_make(config, &arena);
    struct checkpoint_rules rules = {config->text_width, config->text_heads, config->unet_heads};
    struct err e = weights_cache(config->name, r->options->weights_seed, m.spec, m.count, &rules,
                                 (struct weights_progress){report_making, p}, path);
    arena_free(&arena);
    progress_clear(p);
    return e;
}

/* So that a cold start reads memory and not a disk, and all variants begin alike. */
static struct err make_resident(const char *checkpoint, struct progress *p, double *share)
{
    struct file_list files = {0};
    struct residency after = {.share = -1};
    struct err e = files_of_checkpoint(checkpoint, &files);
    if (!e.code)
        e = residency_load(&files, p, &after);
    *share = after.share;
    file_list_free(&files);
    return e;
}

struct err measure_prepare(struct bench_result *r, struct progress *p)
{
    char *path = NULL;
    TRY(check_variants(r));
    struct err e = r->synthetic ? make_synthetic(r, p, &path) : OK;
    if (!e.code)
        e = make_resident(path ? path : r->workload.model, p, &r->weights_resident);
    free(path);
    return e;
}
