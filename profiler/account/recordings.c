#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/account/account.h"
#include "profiler/trace/work.h"

struct ran {
    const struct activity *work;
    bool replayed;
};

static int by_launch(const void *x, const void *y)
{
    const struct activity *a = ((const struct ran *)x)->work, *b = ((const struct ran *)y)->work;
#define BY(field)             \
    if (a->field != b->field) \
        return a->field < b->field ? -1 : 1;
    BY(launch)
    BY(name)
    BY(shape)
#undef BY
    return 0;
}

/* The run of a plan's stage that is to stand for its kind: the one before the recording, and the first replay that is
 * measured. */
struct stand_ins {
    int32_t first, replay; /* indices of runs; -1: none */
};

static void find_stand_ins(const struct trace *t, struct stand_ins *of)
{
    for (int32_t i = 0; i < t->plans * STAGE_COUNT; i++)
        of[i] = (struct stand_ins){-1, -1};
    for (int32_t i = t->runs; i-- > 0;) {
        const struct traced_run *run = &t->run[i];
        struct stand_ins *s = &of[run->plan * STAGE_COUNT + (int32_t)run->stage];
        if (run->how == RUN_FIRST)
            s->first = i;
        else if (run->how == RUN_REPLAYED && run->repetition >= 0)
            s->replay = i;
    }
}

/* Kernels of both runs; a plan's stage that lacks one of them has none. */
static size_t gather(const struct trace *t, const struct stand_ins *of, struct ran *out)
{
    size_t n = 0;
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (a->kind != ACTIVITY_kernel || a->launch < 0 || a->run < 0)
            continue;
        const struct traced_run *run = &t->run[a->run];
        const struct stand_ins *s = &of[run->plan * STAGE_COUNT + (int32_t)run->stage];
        if (s->first >= 0 && s->replay >= 0 && (a->run == s->first || a->run == s->replay))
            out[n++] = (struct ran){a, a->run == s->replay};
    }
    qsort(out, n, sizeof *out, by_launch);
    return n;
}

static bool find_difference(const struct trace *t, const struct ran *ran, size_t n, char reason[ACCOUNT_REASON])
{
    for (size_t i = 0, next; i < n; i = next) {
        int times[2] = {0};
        for (next = i; next < n && !by_launch(&ran[i], &ran[next]); next++)
            times[ran[next].replayed]++;
        if (times[0] == times[1])
            continue;
        const struct traced_launch *l = &t->launch[ran[i].work->launch];
        snprintf(reason, ACCOUNT_REASON,
                 "a replay ran \"%.80s\" for %.80s %d times, the launch by itself %d times: labels of nodes are wrong",
                 t->text[ran[i].work->name], l->paths ? t->text[l->path[0]] : "a launch", times[1], times[0]);
        return true;
    }
    return false;
}

struct err account_compare_recordings(const struct trace *t, bool *same, char reason[ACCOUNT_REASON])
{
    struct stand_ins *of = malloc(((size_t)t->plans * STAGE_COUNT + 1) * sizeof *of);
    struct ran *ran = malloc(((size_t)t->activities + 1) * sizeof *ran);
    struct err e = of && ran ? OK : err_fail("out of memory to compare recordings");
    *same = true;
    reason[0] = 0;
    if (!e.code) {
        find_stand_ins(t, of);
        *same = !find_difference(t, ran, gather(t, of, ran), reason);
    }
    free(of);
    free(ran);
    return e;
}
