#include <stdio.h>
#include <stdlib.h>

#include "profiler/account/parts.h"
#include "profiler/trace/work.h"

struct ran {
    const struct activity *work;
    int32_t repetition;
};

static int by_kind(const void *a, const void *b)
{
    return work_compare(((const struct ran *)a)->work, ((const struct ran *)b)->work);
}

/* All work of two repetitions. */
static struct err gather(const struct trace *t, int32_t first, int32_t r, struct ran **out, size_t *count)
{
    struct ran *ran = malloc(((size_t)t->activities + 1) * sizeof *ran);
    *out = ran;
    *count = 0;
    if (!ran)
        return err_fail("out of memory to compare repetitions");
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        const int32_t of = work_is(a) ? work_repetition(t, a) : -1;
        if (of >= 0 && (of == first || of == r))
            ran[(*count)++] = (struct ran){a, of};
    }
    qsort(ran, *count, sizeof *ran, by_kind);
    return OK;
}

/* "repetition 2 ran "gemm" of unet/conv_in 3 times, repetition 1 4 times" */
static void describe(const struct trace *t, const struct activity *a, const int32_t repetition[2],
                     const uint64_t times[2], char out[ACCOUNT_REASON])
{
    const struct traced_launch *l = a->launch >= 0 ? &t->launch[a->launch] : NULL;
    snprintf(out, ACCOUNT_REASON, "repetition %d ran \"%.80s\" of %.80s %ju times, repetition %d %ju times",
             repetition[1] + 1, t->text[a->name], l && l->paths ? t->text[l->path[0]] : "no layer", (uintmax_t)times[1],
             repetition[0] + 1, (uintmax_t)times[0]);
}

struct err account_compare(const struct trace *t, int32_t first, int32_t r, bool *different,
                           char difference[ACCOUNT_REASON])
{
    struct ran *ran;
    size_t count;
    *different = false;
    TRY(gather(t, first, r, &ran, &count));
    for (size_t i = 0, next; i < count && !*different; i = next) {
        uint64_t times[2] = {0};
        for (next = i; next < count && !work_compare(ran[i].work, ran[next].work); next++)
            times[ran[next].repetition == r]++;
        *different = times[0] != times[1];
        if (*different)
            describe(t, ran[i].work, (int32_t[]){first, r}, times, difference);
    }
    free(ran);
    return OK;
}

struct err account_compare_repetitions(const struct trace *t, bool *same, char reason[ACCOUNT_REASON])
{
    bool different = false;
    reason[0] = 0;
    for (int32_t r = 1; r < t->repetitions && !different; r++)
        TRY(account_compare(t, 0, r, &different, reason));
    *same = !different;
    return OK;
}
