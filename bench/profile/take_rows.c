#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/sensors_json.h"
#include "bench/profile/take.h"

/* FLOP or bytes a second of one device. */
#define MOST_RATE 1e21

const struct profile_part_row profile_parts[PART_COUNT] = {
#define PART(name, title) [PART_##name] = {#name, #name "_ns", title},
#include "bench/profile/parts.def"
#undef PART
};

static double median_field(struct fields *f, const char *name)
{
    double *value;
    int n;
    fields_times(f, name, &value, &n);
    const double median = take_median(value, n);
    free(value);
    return median;
}

/* "valid", or the reason why not. */
static struct err take_validity(struct profile *p, const struct fields *f)
{
    const char *reason = json_string(f->record, "reason");
    if (!strcmp(json_string(f->record, "validity"), "valid"))
        return OK;
    return take_invalid(p, *reason ? reason : "its records do not say that it is");
}

struct err take_profile(struct profile *p, struct fields *f)
{
    struct profile own = {0};
    const struct {
        const char *name;
        char **from, **to;
    } texts[] = {{"source", &own.source, &p->source},
                 {"source_description", &own.description, &p->description},
                 {"device_description", &own.device, &p->device},
                 {"trace", &own.trace, &p->trace}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        fields_text(f, texts[i].name, texts[i].from);
    own.timing_ns = median_field(f, "timing_ns");
    own.traced_ns = median_field(f, "traced_ns");
    own.overhead = NAN;
    fields_number(f, "callback_ns", 0, MOST_NS, &own.callback_ns);
    fields_number(f, "launches", 0, MOST_RATE, &own.launches);
    fields_number(f, "overhead_ratio", -1, MOST_NS, &own.overhead);
    fields_flag(f, "relative_only", &own.relative_only);
    const bool good = !f->damaged && !f->no_memory;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char **gone = good ? texts[i].to : texts[i].from;
        free(*gone);
        *gone = NULL;
        if (good)
            *texts[i].to = *texts[i].from;
    }
    if (!good)
        return OK;
    p->timing_ns = own.timing_ns;
    p->traced_ns = own.traced_ns;
    p->callback_ns = own.callback_ns;
    p->launches = own.launches;
    p->overhead = own.overhead;
    p->relative_only = own.relative_only;
    p->has_profile = true;
    p->sensed = sensors_json_read(f->record);
    return take_validity(p, f);
}

struct err take_account(struct profile *p, struct fields *f)
{
    struct profile_account a = {.span_ns = -1};
    unsigned repetition = (unsigned)p->repetitions;
    TRY(take_room((void **)&p->every, p->repetitions, sizeof a));
    fields_number(f, "span_ns", 0, MOST_NS, &a.span_ns);
    for (int i = 0; i < PART_COUNT; i++)
        fields_number(f, profile_parts[i].field, 0, MOST_NS, &a.part_ns[i]);
    fields_number(f, "overlap_ns", 0, MOST_NS, &a.overlap_ns);
    fields_number(f, "busy_ns", 0, MOST_NS, &a.busy_ns);
    fields_number(f, "kernels", 0, MOST_NS, &a.kernels);
    fields_number(f, "expected_kernels", 0, MOST_NS, &a.expected_kernels);
    fields_count(f, "repetition", &repetition);
    f->damaged |= a.span_ns < 0 || p->repetitions == MOST_ROWS || repetition >= MOST_ROWS;
    a.repetition = (int)repetition;
    if (f->damaged)
        return OK;
    p->every[p->repetitions++] = a;
    return take_validity(p, f);
}

struct err take_step(struct profile *p, struct fields *f)
{
    struct profile_step s = {0};
    double step = -1;
    TRY(take_room((void **)&p->step, p->steps, sizeof s));
    fields_text(f, "plan", &s.plan);
    fields_text(f, "stage", &s.stage);
    fields_number(f, "step", 0, MOST_ROWS, &step);
    s.step = (int)step;
    s.busy_ns = median_field(f, "busy_ns");
    s.span_ns = median_field(f, "span_ns");
    f->damaged |= step < 0 || p->steps == MOST_ROWS;
    if (f->damaged || f->no_memory) {
        free(s.plan);
        free(s.stage);
        return OK;
    }
    p->step[p->steps++] = s;
    return OK;
}

struct err take_roof(struct profile *p, struct fields *f)
{
    struct profile_roof r = {0};
    const char *what = json_string(f->record, "what");
    TRY(take_room((void **)&p->roof, p->roofs, sizeof r));
    r.is_product = !strcmp(what, "product");
    fields_text(f, "dtype", &r.dtype);
    fields_text(f, "source", &r.source);
    fields_number(f, "bytes", 0, MOST_RATE, &r.bytes);
    fields_number(f, "time_ns", 0, MOST_NS, &r.time_ns);
    fields_number(f, "rate", 0, MOST_RATE, &r.rate);
    fields_number(f, "again_rate", 0, MOST_RATE, &r.again_rate);
    fields_number(f, "theoretical_rate", 0, MOST_RATE, &r.theoretical_rate);
    fields_number(f, "clock_hz", 0, MOST_RATE, &r.clock_hz);
    f->damaged |= (!r.is_product && strcmp(what, "copy")) || r.rate <= 0 || p->roofs == MOST_ROWS;
    if (f->damaged || f->no_memory) {
        free(r.dtype);
        free(r.source);
        return OK;
    }
    p->roof[p->roofs++] = r;
    return OK;
}
