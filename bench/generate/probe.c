#include "bench/generate/generation.h"
#include "bench/generate/report.h"

struct err generation_probe(const struct options *o)
{
    struct engine_options options = options_engine(o);
    struct engine *engine;
    options.no_weights = true;
    TRY(engine_open(&options, NULL, &engine));
    struct err e = report_probe(o->phases, engine);
    if (!e.code)
        e = report_mapped(o->phases);
    engine_free(engine);
    return e;
}
