#include "bench/profile/roofs_report.h"

#include "bench/generate/generation.h"
#include "bench/generate/report.h"
#include "bench/json.h"
#include "pipeline/base/dtype.h"
#include "pipeline/engine.h"
#include "profiler/roof/roofs.h"

static bool goes_on(void *context)
{
    (void)context;
    return !progress_interrupted();
}

static cJSON *roof_json(const struct roof *r)
{
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "kind", "roof");
    cJSON_AddStringToObject(record, "what", r->is_product ? "product" : "copy");
    cJSON_AddStringToObject(record, "dtype", dtypes[r->dtype].name);
    cJSON_AddNumberToObject(record, "bytes", (double)r->bytes);
    json_add_count(record, "time_ns", (uint64_t)r->time_ns);
    cJSON_AddNumberToObject(record, "rate", r->rate);
    cJSON_AddNumberToObject(record, "again_rate", r->again);
    cJSON_AddStringToObject(record, "shape", r->shape);
    cJSON_AddStringToObject(record, "source", r->kernel);
    return record;
}

struct err roofs_report(struct generation *g)
{
    struct engine *engine = sd_engine(g->sd);
    const struct backend *b = engine_backend(engine);
    struct roofs roofs;
    struct roofs_request request = {.backend = b, .state = engine_state(engine), .goes_on = goes_on};
    request.product[DTYPE_f32] = true;
    request.product[b->half] = true;
    TRY(roofs_measure(&request, &roofs));
    for (int i = 0; i < roofs.count; i++) {
        cJSON *line = cJSON_CreateObject();
        cJSON_AddItemToObject(line, "profile", roof_json(&roofs.roof[i]));
        TRY(report_send(g->o->phases, line));
    }
    return OK;
}
