#include "bench/profile/profile.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/profile/overhead.h"
#include "bench/profile/take.h"

/* Rows and accounts tell of the same work: more than this share of it in one of them only means that records are lost.
 */
#define LOST_SHARE 0.01

static const struct {
    const char *kind;
    struct err (*take)(struct profile *p, struct fields *f);
} kinds[] = {{"profile", take_profile}, {"account", take_account}, {"kernel", take_kernel},  {"step", take_step},
             {"roof", take_roof},       {"host", take_host},       {"metrics", take_counted}};

static struct err out_of_memory(void)
{
    return err_fail("out of memory for a profile");
}

/* The names that all records have are the first one's: false where this one is of another variant. */
static bool is_of(struct profile *p, struct fields *f)
{
    const struct {
        const char *name;
        char **text;
    } names[] = {{"variant", &p->variant}, {"backend", &p->backend}, {"workload", &p->workload}, {"run", &p->run}};
    char *variant;
    fields_text(f, "variant", &variant);
    const bool is_other = variant && p->variant && *variant && *p->variant && strcmp(variant, p->variant);
    free(variant);
    for (size_t i = 0; i < ARRAY_LEN(names) && !is_other; i++)
        if (!*names[i].text || !**names[i].text) {
            free(*names[i].text);
            fields_text(f, names[i].name, names[i].text);
        }
    return !is_other;
}

static struct err take_environment(struct profile *p, const cJSON *record)
{
    const double images = json_number(cJSON_GetObjectItemCaseSensitive(record, "job"), "images");
    if (images >= 1 && images <= INT_MAX && images == floor(images))
        p->images = (int)images;
    return OK;
}

struct err profile_take(struct profile *p, const cJSON *record)
{
    const char *kind = json_string(record, "kind");
    struct fields f = {.record = record};
    if (!strcmp(kind, "environment"))
        return take_environment(p, record);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kind, kinds[i].kind) || !is_of(p, &f))
            continue;
        TRY(kinds[i].take(p, &f));
        p->ignored += f.damaged && p->ignored < INT_MAX;
    }
    return f.no_memory ? out_of_memory() : OK;
}

static int by_span(const void *a, const void *b)
{
    const struct profile_account *x = a, *y = b;
    return (x->span_ns > y->span_ns) - (x->span_ns < y->span_ns);
}

/* Whole nanoseconds, which a double holds up to 2^53: what adds up does so exactly. */
static struct err check_accounts(struct profile *p)
{
    for (int i = 0; i < p->repetitions; i++) {
        const struct profile_account *a = &p->every[i];
        char reason[160];
        double sum = 0;
        for (int k = 0; k < PART_COUNT; k++)
            sum += a->part_ns[k];
        if (fabs(sum - a->span_ns) < 0.5 + 1e-12 * a->span_ns)
            continue;
        snprintf(reason, sizeof reason, "the parts of an account add up to %.3f ms of %.3f ms", sum * 1e-6,
                 a->span_ns * 1e-6);
        return take_invalid(p, reason);
    }
    return OK;
}

static struct err check_rows(struct profile *p)
{
    char reason[160];
    const double work = p->account.busy_ns + p->account.overlap_ns;
    if (fabs(work - p->work_ns) <= LOST_SHARE * work)
        return OK;
    snprintf(reason, sizeof reason, "rows of %.3f ms, an account of %.3f ms: records are missing", p->work_ns * 1e-6,
             work * 1e-6);
    return take_invalid(p, reason);
}

static struct err check(struct profile *p)
{
    if (!p->has_profile)
        TRY(take_invalid(p, "no record says what was measured"));
    if (!p->repetitions)
        return take_invalid(p, "it has no account");
    TRY(check_accounts(p));
    return check_rows(p);
}

double profile_kernel_in(const struct profile_kernel *k, int r)
{
    const bool is_even = k->times % k->repetitions == 0 && r < k->repetitions;
    const int calls = is_even ? k->times / k->repetitions : k->times, first = is_even ? r * calls : 0;
    double sum = 0;
    for (int i = first; i < first + calls; i++)
        sum += k->time_ns[i];
    return is_even ? sum : sum / k->repetitions;
}

static struct err find_totals(struct profile_kernel *k, int repetition)
{
    k->typical_ns = k->total_ns = profile_kernel_in(k, repetition);
    if (k->times % k->repetitions)
        return OK;
    double *total = calloc((size_t)k->repetitions, sizeof *total);
    if (!total)
        return out_of_memory();
    for (int r = 0; r < k->repetitions; r++)
        total[r] = profile_kernel_in(k, r);
    k->typical_ns = take_median(total, k->repetitions);
    free(total);
    return OK;
}

static void find_overhead(struct profile *p)
{
    p->has_overhead = p->has_profile && (isfinite(p->overhead) || (p->timing_ns > 0 && p->traced_ns > 0));
    if (!p->has_overhead)
        p->overhead = 0;
    else if (!isfinite(p->overhead))
        p->overhead = p->traced_ns / p->timing_ns - 1;
    p->relative_only |= p->overhead > OVERHEAD_LIMIT;
}

struct err profile_finish(struct profile *p)
{
    char **text[] = {&p->variant, &p->backend,     &p->workload, &p->run,
                     &p->source,  &p->description, &p->device,   &p->trace};
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        if (!*text[i] && !(*text[i] = strdup("")))
            return out_of_memory();
    p->images = p->images ? p->images : 1;
    if (p->repetitions) {
        qsort(p->every, (size_t)p->repetitions, sizeof *p->every, by_span);
        p->account = p->every[(p->repetitions - 1) / 2];
    }
    p->work_ns = 0;
    for (int i = 0; i < p->kernels; i++) {
        TRY(find_totals(&p->kernel[i], p->account.repetition));
        p->work_ns += p->kernel[i].total_ns;
    }
    find_overhead(p);
    p->valid = !p->reason;
    return check(p);
}

void profile_free(struct profile *p)
{
    char *text[] = {p->variant,     p->backend, p->workload, p->run,   p->source,
                    p->description, p->device,  p->trace,    p->reason};
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        free(text[i]);
    for (int i = 0; i < p->kernels; i++)
        profile_kernel_free(&p->kernel[i]);
    for (int i = 0; i < p->steps; i++) {
        free(p->step[i].plan);
        free(p->step[i].stage);
    }
    for (int i = 0; i < p->roofs; i++) {
        free(p->roof[i].dtype);
        free(p->roof[i].source);
    }
    for (int i = 0; i < p->counts; i++)
        profile_counted_free(&p->counted[i]);
    free(p->kernel);
    free(p->step);
    free(p->roof);
    free(p->counted);
    for (int i = 0; i < p->hosts; i++)
        profile_host_free(&p->host[i]);
    free(p->host);
    free(p->every);
    *p = (struct profile){0};
}
