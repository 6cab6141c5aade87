/* Every target on its seeds, and on the same mutants of them each time. `make fuzz` looks further. */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/supervise.h"

static void run_inputs(const struct fuzz_target *t, void *context)
{
    const struct corpus *c = context;
    for (size_t i = 0; i < c->count; i++)
        fuzz_run(t, c->item[i].bytes, c->item[i].size);
}

static void run_mutants(const struct fuzz_target *t, void *context)
{
    struct mutator m = {.state = 0, .corpus = context, .token = t->token};
    uint8_t *input = malloc(FUZZ_BYTES);
    fuzz_require(input != NULL, "there is memory for mutants");
    run_inputs(t, context);
    for (int i = 0; i < t->mutants; i++)
        fuzz_run(t, input, mutate(&m, input));
    free(input);
}

static void check(const struct fuzz_target *t)
{
    struct corpus c = {0};
    struct fuzz_finding found;
    const char *only = getenv("SDBENCH_FUZZ_INPUT");
    struct err e = only ? corpus_read(&c, only) : corpus_read_seeds(&c, t);
    cr_assert(!e.code, "%s", err_text(e));
    size_t expected = c.count + (only ? 0 : (size_t)t->mutants);
    e = fuzz_supervise(t, only ? run_inputs : run_mutants, &c, &found);
    corpus_free(&c);
    cr_assert(!e.code, "%s\n  repeat: make test SDBENCH_FUZZ_INPUT=%s TEST_ARGUMENTS='--filter fuzz/%s'", err_text(e),
              found.path, t->name);
    cr_expect_eq(found.counts.runs, expected);
}

#define TARGET(name, mutants, summary, ...) \
    Test(fuzz, name)                        \
    {                                       \
        check(&fuzz_targets[FUZZ_##name]);  \
    }
#include "tests/fuzz/targets.def"
#undef TARGET
