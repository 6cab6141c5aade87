#include <stdlib.h>

#include "bench/profile/take.h"

/* No launch does more, of anything. */
#define MOST_WORK 1e24

enum { MOST_LAUNCHES = 1 << 30 };

void profile_kernel_free(struct profile_kernel *k)
{
    char *text[] = {k->plan, k->stage, k->op, k->class, k->block, k->dtype, k->implementation, k->kernel, k->limiter};
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        free(text[i]);
    for (int i = 0; i < k->paths; i++)
        free(k->path[i]);
    free(k->path);
    free(k->time_ns);
    *k = (struct profile_kernel){0};
}

static void read_texts(struct fields *f, struct profile_kernel *k)
{
    const struct {
        const char *name;
        char **text;
    } texts[] = {{"plan", &k->plan},
                 {"stage", &k->stage},
                 {"op", &k->op},
                 {"class", &k->class},
                 {"block", &k->block},
                 {"dtype", &k->dtype},
                 {"implementation", &k->implementation},
                 {"kernel", &k->kernel},
                 {"occupancy_limiter", &k->limiter}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        fields_text(f, texts[i].name, texts[i].text);
    fields_texts(f, "path", &k->path, &k->paths);
}

static void read_shape(struct fields *f, struct profile_kernel *k)
{
    const struct {
        const char *name;
        unsigned *count;
    } counts[] = {{"registers", &k->registers},
                  {"shared_static_bytes", &k->shared_static},
                  {"shared_dynamic_bytes", &k->shared_dynamic},
                  {"local_bytes", &k->local}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        fields_count(f, counts[i].name, counts[i].count);
    fields_three(f, "grid", k->grid);
    fields_three(f, "block_threads", k->block_threads);
    fields_three(f, "cluster", k->cluster);
    fields_number(f, "waves", 0, MOST_WORK, &k->waves);
    fields_number(f, "occupancy_share", 0, 1, &k->occupancy);
}

/* Calls and totals follow from the times themselves. */
static void read_times(struct fields *f, struct profile_kernel *k)
{
    unsigned repetitions = 1;
    fields_times(f, "times_ns", &k->time_ns, &k->times);
    fields_count(f, "repetitions", &repetitions);
    fields_number(f, "gap_before_ns", 0, MOST_NS, &k->gap_before_ns);
    f->damaged |= !k->times || !repetitions || repetitions > MOST_ROWS;
    k->repetitions = (int)repetitions;
    k->calls = repetitions ? (double)k->times / repetitions : 0;
}

static void read_cost(struct fields *f, struct profile_kernel *k)
{
    const struct {
        const char *name;
        double *value;
    } costs[] = {{"product_flop", &k->product_flop},
                 {"other_flop", &k->other_flop},
                 {"model_bytes", &k->model_bytes},
                 {"bytes", &k->bytes}};
    for (size_t i = 0; i < ARRAY_LEN(costs); i++)
        fields_number(f, costs[i].name, 0, MOST_WORK, costs[i].value);
    fields_flag(f, "main", &k->main);
    if (!k->main)
        k->product_flop = k->other_flop = k->model_bytes = 0;
}

struct err take_kernel(struct profile *p, struct fields *f)
{
    struct profile_kernel k = {.waves = -1, .occupancy = -1};
    double launch = -1;
    struct err e = take_room((void **)&p->kernel, p->kernels, sizeof k);
    read_texts(f, &k);
    read_shape(f, &k);
    read_times(f, &k);
    read_cost(f, &k);
    fields_flag(f, "in_graph", &k.in_graph);
    fields_number(f, "launch", 0, MOST_LAUNCHES, &launch);
    k.launch = (int)launch;
    f->damaged |= p->kernels == MOST_ROWS || (k.kernel && !*k.kernel);
    if (e.code || f->damaged || f->no_memory)
        profile_kernel_free(&k);
    else
        p->kernel[p->kernels++] = k;
    return e;
}
