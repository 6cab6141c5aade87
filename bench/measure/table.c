#include "bench/measure/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine.h"
#include "bench/measure/time_text.h"

struct err table_row_of(const struct bench_result *r, const struct variant_result *v, struct table_row *out)
{
    const struct variant_result *standard = bench_result_standard(r);
    struct summary base = {0};
    *out = (struct table_row){0};
    TRY(variant_summary(v, STATE_C2, AS_MEASURED, &out->cold));
    TRY(variant_summary(v, STATE_W1, AS_MEASURED, &out->warm));
    if (standard)
        TRY(variant_summary(standard, STATE_W1, AS_MEASURED, &base));
    if (base.n && out->warm.median > 0)
        out->speed_up = base.median / out->warm.median;
    return OK;
}

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

/* The device's line of the first variant that ran. */
static const char *description_of(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (*r->variant[i].facts.description)
            return r->variant[i].facts.description;
    return "";
}

void table_title(const struct bench_result *r, struct text *out)
{
    const struct workload *w = &r->job.workload;
    const struct model_config *config = model_config_find(w->model);
    struct machine machine = machine_describe();
    text_add(out, "%s, %d image%s %dx%d, %d step%s, guidance %g, batch %d · %s\n", config ? config->title : w->model,
             w->images, plural(w->images), w->width, w->height, w->steps, plural(w->steps), w->guidance, r->job.batch,
             r->job.synthetic ? "synthetic weights" : "weights from a checkpoint");
    text_add(out, "%s%s%s\n", machine.cpu, *machine.cpu ? ", " : "", description_of(r));
    if (!r->job.computes)
        text_add(out, "backend null: nothing is computed, the times are the program's own\n");
}

static void add_schedule(const struct bench_result *r, struct text *out)
{
    const struct options *o = r->job.options;
    text_add(out, "samples of each variant%s:", o->states || o->samples ? " (as asked for)" : "");
    for (int i = 0; i < STATE_COUNT; i++)
        if (r->schedule.count[i])
            text_add(out, " %s:%d", state_rows[i].name, r->schedule.count[i]);
    text_add(out, "; order seed %" PRIu64 "\n", r->schedule.seed);
    if (r->schedule.burn_in)
        text_add(out, "%d burn-in pass%s", r->schedule.burn_in, r->schedule.burn_in > 1 ? "es" : "");
    else
        text_add(out, "no burn-in%s", strcmp(r->job.workload.name, "quick") ? "" : ": quick has a small schedule");
    if (r->schedule.settle)
        text_add(out, "; warm samples begin when three runs in a row lie within 1 %%");
    text_add(out, "\n");
}

/* "median of 6 [95 % interval]": that of the row with most, which all have where nothing went wrong. */
static struct err add_how_many(const struct bench_result *r, enum state_id state, const char *what, struct text *out)
{
    int most = 0;
    for (int i = 0; i < r->variants; i++) {
        struct summary s;
        TRY(variant_summary(&r->variant[i], state, AS_MEASURED, &s));
        most = s.n > most ? s.n : most;
    }
    const char *more = state == STATE_W1 ? "es" : "s";
    text_add(out, "%s%d %s%s", most < 2 ? "" : "median of ", most, what, most == 1 ? "" : more);
    if (state == STATE_W1 && schedule_warm_each(&r->schedule) > 1)
        text_add(out, ", %d samples in each", schedule_warm_each(&r->schedule));
    if (most >= 2)
        text_add(out, " [%s]", most < FEWEST_FOR_INTERVAL ? "smallest, largest" : "95 % interval");
    text_add(out, "\n");
    return OK;
}

static struct err add_heading(const struct bench_result *r, struct text *out)
{
    table_title(r, out);
    add_schedule(r, out);
    text_add(out, "cold start: C2, a fresh process, exec to the first picture on disk:\n            ");
    TRY(add_how_many(r, STATE_C2, "sample", out));
    text_add(out, "warm start: W1, tokens to pixels on the host, no file:\n            ");
    TRY(add_how_many(r, STATE_W1, "process", out));
    text_add(out, "\n%-17s %-24s %-24s %8s %6s %s\n", "", "cold start", "warm start", "an image", "speed", "error");
    return OK;
}

static const char *error_text(const struct bench_result *r, const struct variant_result *v, char out[64])
{
    const struct variant_error *e = &v->error;
    if (!e->known)
        return v == bench_result_standard(r) ? "(reference)" : "-";
    if (e->equal)
        return "same bits";
    if (isinf(e->psnr_db))
        snprintf(out, 64, "%.1e, =", e->latent_l2);
    else
        snprintf(out, 64, "%.1e, %.1f dB", e->latent_l2, e->psnr_db);
    return out;
}

static struct err add_row(const struct bench_result *r, const struct variant_result *v, struct text *out)
{
    struct table_row row;
    char cold[CELL_TEXT], warm[CELL_TEXT], image[TIME_TEXT], error[64], speed[32] = "-";
    int cold_disturbed, warm_disturbed;
    if (v->absent) {
        text_add(out, "%-17s not here: %s\n", v->variant->title, v->absent);
        return OK;
    }
    TRY(table_row_of(r, v, &row));
    variant_count(v, STATE_C2, &cold_disturbed);
    variant_count(v, STATE_W1, &warm_disturbed);
    if (row.speed_up > 0)
        snprintf(speed, sizeof speed, "%.2fx", row.speed_up);
    text_add(out, "%-17s %-24s %-24s %8s %6s %s\n", v->variant->title, table_cell(&row.cold, cold_disturbed, cold),
             table_cell(&row.warm, warm_disturbed, warm),
             row.warm.n ? time_text(row.warm.median / r->job.workload.images, image) : "-", speed,
             error_text(r, v, error));
    return OK;
}

static struct err add_rows(const struct bench_result *r, struct text *out)
{
    TRY(add_heading(r, out));
    for (int i = 0; i < r->variants; i++)
        TRY(add_row(r, &r->variant[i], out));
    text_add(out, "(error: latent's relative L2 against variant standard, and the pictures' PSNR; =: equal pixels)\n");
    if (r->job.workload.is_articles)
        text_add(out, "for scale, the article's own log (article-25; A100, TF32, 25 steps): 8.17 6.02 6.27 4.25 s\n");
    return OK;
}

struct err table_print(const struct bench_result *r)
{
    struct text t = {0};
    struct err e = add_rows(r, &t);
    if (!e.code)
        e = table_states(r, &t);
    if (!e.code)
        e = table_waterfalls(r, &t);
    text_add(&t, "\n");
    if (!e.code)
        e = table_notes(r, &t);
    if (!e.code)
        printf("%srecords and pictures: %s\n", text_get(&t), r->folder);
    text_free(&t);
    return e;
}
