#include "profiler/sensors/reading.h"

#include <math.h>
#include <string.h>

const char sensor_never[] = "no device of this kind tells it";

static const char *const what[QUANTITIES] = {
#define QUANTITY(name, words) words,
#include "profiler/sensors/quantities.def"
#undef QUANTITY
};

void sensor_reading_clear(struct sensor_reading *r)
{
    r->at_ns = 0;
    for (int q = 0; q < QUANTITIES; q++)
        r->value[q] = NAN;
}

/* The same words for the same reason as a row above. */
static bool is_told(const struct sensor_source *s, int q)
{
    const char *why = s->why_not[q];
    for (int i = 0; i < q; i++)
        if (!strcmp(what[i], what[q]) && (why ? s->why_not[i] && !strcmp(s->why_not[i], why) : !s->why_not[i]))
            return true;
    return false;
}

static bool same_reason(const struct sensor_source *s, int a, int b)
{
    return s->why_not[a] && s->why_not[b] && !strcmp(s->why_not[a], s->why_not[b]);
}

static bool leads(const struct sensor_source *s, int q)
{
    for (int i = 0; i < q; i++)
        if (same_reason(s, i, q))
            return false;
    return true;
}

/* All that lack for the same reason together, at the first of them. */
static void add_unknown(const struct sensor_source *s, int q, struct text *out)
{
    bool more = false;
    text_add(out, "%s", out->length ? "; " : "");
    for (int i = q; i < QUANTITIES; i++)
        if (same_reason(s, i, q) && !is_told(s, i)) {
            text_add(out, "%s%s", more ? ", " : "", what[i]);
            more = true;
        }
    text_add(out, " (%s)", s->why_not[q]);
}

void sensor_source_describe(const struct sensor_source *s, struct text *known, struct text *unknown)
{
    if (*s->reason) {
        text_add(unknown, "all (%s)", s->reason);
        return;
    }
    for (int q = 0; q < QUANTITIES; q++) {
        if (!s->why_not[q] && !is_told(s, q))
            text_add(known, "%s%s", known->length ? ", " : "", what[q]);
        if (s->why_not[q] && s->why_not[q] != sensor_never && leads(s, q))
            add_unknown(s, q, unknown);
    }
}
