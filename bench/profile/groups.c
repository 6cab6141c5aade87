#include "bench/profile/groups.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench/profile/roof_of.h"

const char *profile_layer(const struct profile_kernel *k)
{
    return k->paths ? k->path[0] : "";
}

static const char *kernel_of(const struct profile_kernel *k)
{
    return k->kernel;
}

static const char *class_of(const struct profile_kernel *k)
{
    return k->class;
}

static const char *block_of(const struct profile_kernel *k)
{
    return k->block;
}

const struct grouping groupings[GROUPINGS] = {{"class", "classes", class_of},
                                              {"layer", "layers", profile_layer},
                                              {"kernel", "kernels", kernel_of},
                                              {"block", "blocks", block_of},
                                              {"launch", "launches", NULL}};

const struct grouping *grouping_find(const char *name)
{
    for (int i = 0; i < GROUPINGS; i++)
        if (!strcmp(groupings[i].name, name))
            return &groupings[i];
    return NULL;
}

const struct profile_rest_row profile_rests[RESTS] = {[REST_transfer] = {"transfer", "copies and memory sets"},
                                                      [REST_unattributed] = {"unattributed", "unattributed"},
                                                      [REST_unclassified] = {"unclassified", "unclassified"}};

enum profile_rest profile_rest_of(const struct profile_kernel *k)
{
    int i = 0;
    while (i < RESTS && strcmp(k->class, profile_rests[i].class))
        i++;
    return (enum profile_rest)i;
}

/* A row beside the key that it is grouped by. */
struct keyed {
    const char *key;
    const struct profile_kernel *kernel;
};

static int by_time(const struct profile_kernel *x, const struct profile_kernel *y)
{
    int order = (x->total_ns < y->total_ns) - (x->total_ns > y->total_ns);
    return order ? order : (x > y) - (x < y); /* else in the order of the file */
}

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    const int order = strcmp(x->key, y->key);
    return order ? order : by_time(x->kernel, y->kernel);
}

static int by_total(const void *a, const void *b)
{
    const struct profile_group *x = a, *y = b;
    const int order = (x->total_ns < y->total_ns) - (x->total_ns > y->total_ns);
    return order ? order : by_time(x->member[0], y->member[0]);
}

static const enum roof_bound bounds[] = {ROOF_compute, ROOF_memory, ROOF_latency};
enum { BOUNDS = ARRAY_LEN(bounds) };

static void add_member(const struct roofs *roofs, struct profile_group *g, const struct profile_kernel *k,
                       double by[BOUNDS])
{
    const struct roof_time roof = profile_roof_of(roofs, k);
    g->calls += k->calls;
    g->total_ns += k->total_ns;
    g->typical_ns += k->typical_ns;
    g->flop += (k->product_flop + k->other_flop) * k->calls;
    g->bytes += (k->model_bytes > 0 ? k->model_bytes : k->bytes) * k->calls;
    g->roof_ns += roof.ns * k->calls;
    g->above_roof += k->calls > 0 && roof_exceeded(&roof, k->total_ns / k->calls);
    for (int i = 0; i < BOUNDS; i++)
        by[i] += roof.bound == bounds[i] ? roof.ns * k->calls : 0;
}

/* Where some of the launches have a cost and no roof, the roof of all is not known. */
static bool has_whole_roof(const struct roofs *roofs, const struct profile_group *g)
{
    for (int i = 0; i < g->members; i++) {
        const struct profile_kernel *k = g->member[i];
        if ((k->product_flop > 0 || k->model_bytes > 0) && profile_roof_of(roofs, k).bound == ROOF_unknown)
            return false;
    }
    return true;
}

static struct err summarize_calls(struct profile_group *g)
{
    size_t n = 0;
    for (int i = 0; i < g->members; i++)
        n += (size_t)g->member[i]->times;
    if (n > INT_MAX)
        return err_fail("a profile with more than %d calls of one kind", INT_MAX);
    double *time = malloc((n + 1) * sizeof *time);
    if (!time)
        return err_fail("out of memory for a profile");
    n = 0;
    for (int i = 0; i < g->members; i++) {
        memcpy(time + n, g->member[i]->time_ns, (size_t)g->member[i]->times * sizeof *time);
        n += (size_t)g->member[i]->times;
    }
    sort_ascending(time, (int)n);
    g->call = summary_of(time, (int)n);
    g->p95_ns = quantile_of(time, (int)n, 0.95);
    free(time);
    return OK;
}

static struct err sum_group(const struct roofs *roofs, struct profile_group *g)
{
    double by[BOUNDS] = {0};
    int most = 0;
    for (int i = 0; i < g->members; i++)
        add_member(roofs, g, g->member[i], by);
    for (int i = 1; i < BOUNDS; i++)
        most = by[i] > by[most] ? i : most;
    g->bound = by[most] > 0 ? (char)bounds[most] : ' ';
    if (!has_whole_roof(roofs, g)) {
        g->roof_ns = 0;
        g->bound = ' ';
    }
    return summarize_calls(g);
}

static void find_shares(struct profile_groups *g)
{
    double sum = 0;
    for (int i = 0; i < g->groups; i++) {
        sum += g->group[i].total_ns;
        g->group[i].share = g->work_ns > 0 ? g->group[i].total_ns / g->work_ns : 0;
        g->group[i].cumulative = g->work_ns > 0 ? sum / g->work_ns : 0;
    }
}

static struct err make_groups(const struct profile *p, struct keyed *row, int rows, struct profile_groups *out)
{
    const bool each = !out->by->key;
    const struct roofs roofs = profile_roofs(p);
    for (int i = 0; i < rows; i++) {
        out->member[i] = row[i].kernel;
        if (!i || each || strcmp(row[i].key, row[i - 1].key))
            out->group[out->groups++].member = &out->member[i];
        out->group[out->groups - 1].members++;
    }
    for (int i = 0; i < out->groups; i++)
        TRY(sum_group(&roofs, &out->group[i]));
    if (out->groups > 1)
        qsort(out->group, (size_t)out->groups, sizeof *out->group, by_total);
    find_shares(out);
    return OK;
}

struct err profile_groups_make(const struct profile *p, const struct grouping *by, struct profile_groups *out)
{
    const size_t most = (size_t)p->kernels + 1;
    struct keyed *row = calloc(most, sizeof *row);
    int rows = 0;
    *out = (struct profile_groups){.by = by,
                                   .work_ns = p->work_ns,
                                   .group = calloc(most, sizeof *out->group),
                                   .member = calloc(most, sizeof *out->member)};
    struct err e = row && out->group && out->member ? OK : err_fail("out of memory for a profile");
    for (int i = 0; i < p->kernels && !e.code; i++) {
        const struct profile_kernel *k = &p->kernel[i];
        const enum profile_rest rest = profile_rest_of(k);
        if (rest < RESTS) {
            out->rest_ns[rest] += k->total_ns;
            out->rest_calls[rest] += k->calls;
        } else {
            row[rows++] = (struct keyed){by->key ? by->key(k) : "", k};
        }
    }
    if (!e.code && rows > 1)
        qsort(row, (size_t)rows, sizeof *row, by_key);
    if (!e.code)
        e = make_groups(p, row, rows, out);
    free(row);
    return e;
}

void profile_groups_free(struct profile_groups *g)
{
    free(g->group);
    free(g->member);
    *g = (struct profile_groups){0};
}
