#include "bench/measure/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine.h"
#include "bench/measure/time_text.h"

/* This share of a cold start may be in no phase before a note says so. */
#define UNACCOUNTED_SHARE 0.03

struct err table_row_of(const struct bench_result *r, const struct variant_result *v, struct table_row *out)
{
    const struct variant_result *standard = bench_result_standard(r);
    int cold, warm, base = 0;
    double *cold_ns = samples_sorted_ns(v, true, &cold), *warm_ns = samples_sorted_ns(v, false, &warm);
    double *base_ns = standard ? samples_sorted_ns(standard, false, &base) : NULL;
    bool failed = !cold_ns || !warm_ns || (standard && !base_ns);
    if (!failed) {
        *out = (struct table_row){.cold = summary_of(cold_ns, cold),
                                  .warm = summary_of(warm_ns, warm),
                                  .cold_foreign = foreign_summary_of(v, true),
                                  .warm_foreign = foreign_summary_of(v, false)};
        if (base && out->warm.median > 0)
            out->speed_up = summary_of(base_ns, base).median / out->warm.median;
    }
    free(cold_ns);
    free(warm_ns);
    free(base_ns);
    return failed ? err_fail("out of memory for statistics") : OK;
}

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

/* The device's line of the first variant that ran. */
static const char *description_of(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (r->variant[i].description)
            return r->variant[i].description;
    return "";
}

void table_title(const struct bench_result *r, struct text *out)
{
    const struct workload *w = &r->workload;
    const struct model_config *config = model_config_find(w->model);
    struct machine machine = machine_describe();
    text_add(out, "%s, %d image%s %dx%d, %d step%s, guidance %g, batch %d", config ? config->title : w->model,
             w->images, plural(w->images), w->width, w->height, w->steps, plural(w->steps), w->guidance, r->batch);
    text_add(out, " · %s%s%s", machine.cpu, *machine.cpu ? ", " : "", description_of(r));
    text_add(out, " · %s", r->synthetic ? "synthetic weights" : "weights from a checkpoint");
    if (!r->computes)
        text_add(out, " · backend null: nothing is computed, the times are the program's own");
}

static void add_how_many(struct text *out, int n)
{
    if (n == 1)
        text_add(out, "1 sample");
    else
        text_add(out, "median of %d [%s]", n, n < FEWEST_FOR_INTERVAL ? "smallest, largest" : "95 % interval");
}

static void print_heading(const struct bench_result *r)
{
    struct text t = {0};
    table_title(r, &t);
    text_add(&t, "\ncold start: a fresh process, from exec to the first picture on disk, weights in the page cache; ");
    add_how_many(&t, r->workload.cold_samples);
    text_add(&t, "\nwarm start: in the same process, from tokens to pixels on the host, no file; ");
    add_how_many(&t, r->warm_samples);
    printf("%s\n\n%-20s  %-24s  %-24s  %9s  %8s  %s\n", text_get(&t), "", "cold start", "warm start", "per image",
           "speed-up", "error vs standard (latent rel. L2, PSNR)");
    text_free(&t);
}

/* With a mark where others disturbed a sample: the line that says so is under the rows. */
static const char *summary_text(const struct summary *s, const struct foreign_summary *f, char out[TIME_TEXT])
{
    if (!s->n)
        return "-";
    if (s->n == 1)
        time_text(s->median, out);
    else
        time_range_text(s->median, s->low, s->high, out);
    return f->disturbed ? strcat(out, " !") : out;
}

static const char *error_text(const struct variant_error *e, char out[96])
{
    if (!e->known)
        return "-";
    if (e->equal)
        return "none: the same bits";
    if (isinf(e->psnr_db))
        snprintf(out, 96, "%.2e, equal pixels", e->latent_l2);
    else
        snprintf(out, 96, "%.2e, %.1f dB", e->latent_l2, e->psnr_db);
    return out;
}

static struct err print_row(const struct bench_result *r, const struct variant_result *v)
{
    struct table_row row;
    char cold[TIME_TEXT], warm[TIME_TEXT], error[96], image[TIME_TEXT], speed[32] = "-";
    if (v->absent) {
        printf("%-20s  not here: %s\n", v->variant->title, v->absent);
        return OK;
    }
    TRY(table_row_of(r, v, &row));
    if (row.speed_up > 0)
        snprintf(speed, sizeof speed, "%.2fx", row.speed_up);
    printf("%-20s  %-24s  %-24s  %9s  %8s  %s\n", v->variant->title, summary_text(&row.cold, &row.cold_foreign, cold),
           summary_text(&row.warm, &row.warm_foreign, warm), time_text(row.warm.median / r->workload.images, image),
           speed, error_text(&v->error, error));
    return OK;
}

void table_notes(const struct bench_result *r, struct text *out)
{
    if (r->weights_resident >= 0 && r->weights_resident < 0.99)
        text_add(out, "note: only %.0f %% of the checkpoint stays in the page cache: cold starts read the disk\n",
                 100 * r->weights_resident);
    for (int i = 0; i < r->variants; i++) {
        const struct variant_result *v = &r->variant[i];
        const struct sample *cold = variant_result_median_cold(v);
        if (cold && (double)sample_unaccounted_ns(cold) > UNACCOUNTED_SHARE * (double)sample_time_ns(cold))
            text_add(out, "note: %s: %.0f %% of its cold start are in no phase\n", v->variant->name,
                     100 * (double)sample_unaccounted_ns(cold) / (double)sample_time_ns(cold));
        if (!variant_result_is_deterministic(v))
            text_add(out, "note: %s: its warm pictures differ from run to run\n", v->variant->name);
    }
    for (int i = 0; i < r->variants; i++)
        if (r->variant[i].device.other_processes > 0)
            text_add(out, "note: %s: other processes used the device: %d\n", r->variant[i].variant->name,
                     r->variant[i].device.other_processes);
    table_note_unjudged(r, out);
}

struct err table_print(const struct bench_result *r)
{
    struct text marks = {0}, notes = {0};
    print_heading(r);
    for (int i = 0; i < r->variants; i++)
        TRY(print_row(r, &r->variant[i]));
    table_marks(r, &marks);
    printf("%s", text_get(&marks));
    text_free(&marks);
    if (r->workload.is_articles)
        printf("for scale, the article's own log (article-25; A100, TF32, 25 steps): 8.17 6.02 6.27 4.25 s\n");
    table_print_phases(r);
    table_notes(r, &notes);
    printf("\n%srecords and pictures: %s\n", text_get(&notes), r->folder);
    text_free(&notes);
    return OK;
}
