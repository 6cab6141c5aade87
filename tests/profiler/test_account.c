/* The closed account: a good trace is valid, and each check sees what it is for. */
#include <criterion/criterion.h>
#include <string.h>

#include "profiler/account/account.h"
#include "tests/profiler/made_trace.h"

TestSuite(account);

static int64_t sum_of_parts(const struct account *a)
{
    return a->named_ns + a->copy_ns + a->set_ns + a->unattributed_ns + a->unclassified_ns + a->idle_in_graph_ns +
           a->host_gap_ns;
}

static struct account account_of(struct trace *t, int32_t r)
{
    struct account a;
    trace_sort(t);
    struct err e = account_make(t, r, &a);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_eq(sum_of_parts(&a), a.span_ns, "%jd of %jd ns", (intmax_t)sum_of_parts(&a), (intmax_t)a.span_ns);
    return a;
}

Test(account, of_a_good_trace)
{
    struct trace *t = made_trace();
    for (int32_t r = 0; r < MADE_REPETITIONS; r++) {
        struct account a = account_of(t, r);
        cr_expect(a.valid, "%s", a.reason);
        cr_expect_str_eq(a.reason, "");
        cr_expect_eq(a.span_ns, MADE_SPAN);
        cr_expect_eq(a.named_ns, MADE_NAMED);
        cr_expect_eq(a.copy_ns, MADE_COPY);
        cr_expect_eq(a.set_ns, MADE_SET);
        cr_expect_eq(a.idle_in_graph_ns, MADE_IDLE);
        cr_expect_eq(a.host_gap_ns, MADE_GAPS);
        cr_expect_eq(a.busy_ns, a.named_ns + a.copy_ns + a.set_ns);
        cr_expect_eq(a.overlap_ns, MADE_OVERLAP);
        cr_expect_eq(a.stream_overlap_ns, 0, "overlap in a recording is not counted here");
        cr_expect(a.has_replays);
        cr_expect_eq(a.kernels, MADE_NODES);
        cr_expect_eq(a.expected_kernels, MADE_NODES);
        cr_expect_eq(a.wrong_run, -1);
    }
    bool same;
    char reason[ACCOUNT_REASON];
    cr_assert(!account_compare_repetitions(t, &same, reason).code);
    cr_expect(same, "%s", reason);
    trace_free(t);
}

Test(account, there_must_be_such_a_repetition)
{
    struct trace *t = made_trace();
    struct account a;
    for (int32_t r = -1; r <= MADE_REPETITIONS; r += MADE_REPETITIONS + 1) {
        struct err e = account_make(t, r, &a);
        cr_expect_eq(e.code, ERR_FAILED);
        cr_expect(strstr(err_text(e), "it has 3"), "%s", err_text(e));
        err_free(&e);
    }
    trace_free(t);
}

/* Each breaks repetition 1. */
static void drop(struct trace *t)
{
    t->dropped = 2;
}

static void damage(struct trace *t)
{
    t->bad_records = 1;
}

static void count_bad_times(struct trace *t)
{
    t->bad_times = 3;
}

static void zero_begin(struct trace *t)
{
    made_work(t, 1, "conv", 0)->begin_ns = 0;
}

static void zero_end(struct trace *t)
{
    made_work(t, 1, "conv", 0)->end_ns = 0;
}

static void invert(struct trace *t)
{
    struct activity *a = made_work(t, 1, "conv", 0);
    a->end_ns = a->begin_ns - 1;
}

static void no_duration(struct trace *t)
{
    struct activity *a = made_work(t, 1, "norm", 0);
    a->end_ns = a->begin_ns;
}

static void confuse(struct trace *t)
{
    t->label_conflicts = 1;
}

static void no_span(struct trace *t)
{
    t->repetition[1].end_ns = t->repetition[1].begin_ns;
}

static void no_work(struct trace *t)
{
    t->activities = 0;
}

static void move(struct activity *a, int64_t ns)
{
    a->begin_ns += ns;
    a->end_ns += ns;
}

static void run_late(struct trace *t)
{
    move(made_work(t, 1, "norm", 1), ACCOUNT_OUTSIDE_NS + 1000);
}

static void run_early(struct trace *t)
{
    move(made_work(t, 1, "embedding", 0), -ACCOUNT_OUTSIDE_NS - 1000);
}

static void lose_launch(struct trace *t)
{
    made_work(t, 1, "split_sum", 0)->launch = -1;
}

static void hide_unattributed(struct trace *t)
{
    struct activity *a = made_work(t, 1, "split_sum", 0);
    a->launch = -1;
    move(a, -100); /* all of it beside a named kernel */
}

static void belong_to_warm_up(struct trace *t)
{
    made_work(t, 1, "embedding", 0)->run = 0;
}

static void be_unknown(struct trace *t)
{
    made_work(t, 1, "split_sum", 0)->kind = ACTIVITY_other;
}

static void overlap(struct trace *t)
{
    move(made_work(t, 1, "gemm", 0), -21);
}

static void overlap_a_copy(struct trace *t)
{
    move(made_work(t, 1, "copy to device", 0), 11);
}

static void not_count_nodes(struct trace *t)
{
    t->plan[1].recorded[STAGE_RUN] = 0;
}

static void lose_a_set(struct trace *t)
{
    made_work(t, 1, "memory set", 1)->kind = ACTIVITY_call;
}

static void one_too_many(struct trace *t)
{
    struct activity again = *made_work(t, 1, "norm", 0);
    trace_add_activity(t, &again);
}

static void wrong_replay(struct trace *t)
{
    made_work(t, 1, "norm", 1)->run = made_work(t, 1, "norm", 0)->run; /* as many as expected in all */
}

static void not_of_the_graph(struct trace *t)
{
    made_work(t, 1, "norm", 1)->in_graph = false;
}

static void another_kernel(struct trace *t)
{
    made_work(t, 1, "gemm", 0)->name = trace_text(t, "gemm, other tiles");
}

static void another_shape(struct trace *t)
{
    made_work(t, 1, "norm", 1)->shape = trace_shape(t, &(struct kernel_shape){.grid = {99}});
}

static void another_launch(struct trace *t)
{
    made_work(t, 1, "norm", 1)->launch = MADE_CONV1;
}

static void one_copy_more(struct trace *t)
{
    struct activity more = *made_work(t, 1, "copy to host", 0);
    move(&more, 60);
    trace_add_activity(t, &more);
}

static void one_embedding_less(struct trace *t)
{
    made_work(t, 1, "embedding", 0)->kind = ACTIVITY_wait;
}

static const struct {
    const char *check;
    void (*breaks)(struct trace *t);
    const char *words;
} broken[] = {
    {"span", no_span, "no duration"},
    {"dropped", drop, "2 records were dropped"},
    {"records", damage, "1 records could not be read"},
    {"times", count_bad_times, "3 works have times that are zero or inverted"},
    {"times", zero_begin, "1 works"},
    {"times", zero_end, "1 works"},
    {"times", invert, "1 works"},
    {"times", no_duration, "1 works"},
    {"labels", confuse, "1 graph nodes"},
    {"work", no_work, "no work on the device"},
    {"inside", run_late, "1 works lie over 1 ms outside"},
    {"inside", run_early, "1 works lie over 1 ms outside"},
    {"unattributed", lose_launch, "1.50 % of the busy time is of no known launch"}, /* the 60 ns of split_sum */
    {"unattributed", hide_unattributed, "of no known launch"},
    {"unattributed", belong_to_warm_up, "5.00 % of the busy time is of no known launch"},
    {"unclassified", be_unknown, "1.50 % of the busy time is work of unknown kinds"},
    {"streams", overlap, "1 ns of work overlap on one stream"},
    {"streams", overlap_a_copy, "1 ns of work overlap on one stream"},
    {"recorded", not_count_nodes, "1 replayed runs have recordings whose nodes"},
    {"nodes", lose_a_set, "denoise_step, stage step, step 1, had 4 works, its recording has 5 nodes"},
    {"nodes", one_too_many, "denoise_step, stage step, step 0, had 6 works"},
    {"nodes", wrong_replay, "step 0, had 6 works"},
    {"nodes", not_of_the_graph, "step 1, had 4 works"},
    {"repeats", another_kernel, "repetition 2 ran \"gemm"},
    {"repeats", another_shape, "repetition 2 ran \"norm\" of unet/mid_block/attentions.0/norm"},
    {"repeats", another_launch, "repetition 2 ran \"norm\" of unet/mid_block/resnets.0/conv1 1 times, repetition 1 0"},
    {"repeats", one_copy_more, "repetition 2 ran \"copy to host\" of no layer 2 times, repetition 1 1 times"},
    {"repeats", one_embedding_less, "repetition 2 ran \"embedding\""},
};

static const char *first_that_fails(const struct trace *t, const struct account *a)
{
    char reason[ACCOUNT_REASON];
    for (const struct account_check *c = account_checks; c->name; c++)
        if (!c->holds(t, a, reason))
            return c->name;
    return "none";
}

Test(account, sees_what_is_broken)
{
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct trace *t = made_trace();
        broken[i].breaks(t);
        struct account a = account_of(t, 1);
        cr_expect(!a.valid, "%zu (%s): valid", i, broken[i].check);
        cr_expect_str_eq(first_that_fails(t, &a), broken[i].check, "%zu: %s: %s", i, first_that_fails(t, &a), a.reason);
        cr_expect(strstr(a.reason, broken[i].words), "%zu (%s): %s", i, broken[i].check, a.reason);
        trace_free(t);
    }
}

Test(account, every_check_was_broken)
{
    for (const struct account_check *c = account_checks; c->name; c++) {
        size_t i = 0;
        while (i < ARRAY_LEN(broken) && strcmp(broken[i].check, c->name))
            i++;
        cr_expect_lt(i, ARRAY_LEN(broken), "no test breaks %s", c->name);
        cr_expect(c->summary && *c->summary, "%s", c->name);
    }
}

Test(account, another_repetition_stays_valid)
{
    struct trace *t = made_trace();
    lose_launch(t);
    struct account a = account_of(t, 2);
    cr_expect(a.valid, "%s", a.reason);
    trace_free(t);
}

Test(account, tells_which_repetition_differs)
{
    struct trace *t = made_trace();
    bool same;
    char reason[ACCOUNT_REASON];
    made_work(t, 2, "norm", 0)->name = trace_text(t, "norm, other tiles");
    cr_assert(!account_compare_repetitions(t, &same, reason).code);
    cr_expect(!same);
    cr_expect(strstr(reason, "repetition 3 ran \"norm"), "%s", reason);
    trace_free(t);
}

/* The same works in another order are the same. */
Test(account, order_does_not_matter)
{
    struct trace *t = made_trace();
    struct activity *a = made_work(t, 1, "norm", 0), *b = made_work(t, 1, "split_sum", 0);
    struct activity norm = *a;
    a->name = b->name, a->launch = b->launch, a->shape = b->shape;
    b->name = norm.name, b->launch = norm.launch, b->shape = norm.shape;
    struct account of = account_of(t, 1);
    cr_expect(of.valid, "%s", of.reason);
    trace_free(t);
}

/* What is just within a limit is valid. */
Test(account, limits_are_inclusive)
{
    struct trace *t = made_trace();
    for (int32_t r = 0; r < MADE_REPETITIONS; r++) {
        struct activity *a = made_work(t, r, "split_sum", 0);
        a->launch = -1;
        a->begin_ns = a->end_ns - 40; /* of 4000 busy ns: its first 20 have become idle time */
        made_work(t, r, "embedding", 0)->begin_ns -= 10;
        made_work(t, r, "copy to host", 0)->begin_ns -= 10;
    }
    struct account a = account_of(t, 0);
    cr_expect_eq(a.busy_ns, 4000);
    cr_expect_eq(a.unattributed_ns, 40);
    cr_expect(a.valid, "%s", a.reason);
    made_work(t, 0, "split_sum", 0)->begin_ns--;
    cr_expect(!account_of(t, 0).valid);
    trace_free(t);
}

Test(account, work_a_little_outside_is_cut_off)
{
    struct trace *t = made_trace();
    struct activity *last = made_work(t, 0, "norm", 1), *first = made_work(t, 0, "embedding", 0);
    last->begin_ns = t->repetition[0].end_ns - 30;
    last->end_ns = t->repetition[0].end_ns + ACCOUNT_OUTSIDE_NS;
    first->begin_ns = t->repetition[0].begin_ns - ACCOUNT_OUTSIDE_NS;
    first->end_ns = t->repetition[0].begin_ns + 50;
    struct account of = account_of(t, 0);
    cr_expect_eq(of.outside, 0);
    cr_expect(of.valid, "%s", of.reason);
    cr_expect_eq(of.span_ns, MADE_SPAN);
    cr_expect_eq(of.named_ns, MADE_NAMED - 180 + 30 - 200 + 50);
    trace_free(t);
}

/* The host's clock: every launch is timed, nothing is recorded. */
Test(account, of_a_host)
{
    struct trace *t = made_trace();
    for (int32_t i = 0; i < t->runs; i++)
        t->run[i].how = RUN_LAUNCHED;
    for (int64_t i = 0; i < t->activities; i++)
        t->activity[i].in_graph = false;
    for (int32_t r = 0; r < MADE_REPETITIONS; r++)
        for (int i = 0; i < 2; i++)
            made_work(t, r, "norm", i)->begin_ns += 20;
    struct account a = account_of(t, 1);
    cr_expect(a.valid, "%s", a.reason);
    cr_expect(!a.has_replays && !a.expected_kernels);
    cr_expect_eq(a.idle_in_graph_ns, 0);
    cr_expect_eq(a.host_gap_ns, MADE_GAPS + MADE_IDLE);
    cr_expect_eq(a.overlap_ns, 0);
    trace_free(t);
}

Test(account, of_a_million)
{
    enum { MANY = 1000000, RUNS = 1000 };
    struct trace *t = trace_new();
    struct repetition span = {1, 1 + 20ll * MANY};
    trace_add_plan(t, &(struct traced_plan){.launches = 1, .recorded = {[STAGE_STEP] = MANY / RUNS}});
    trace_add_launch(t, &(struct traced_launch){.plan = 0, .op = OP_conv});
    trace_add_repetition(t, &span);
    for (int i = 0; i < RUNS; i++)
        trace_add_run(t, &(struct traced_run){.step = i, .stage = STAGE_STEP, .how = RUN_REPLAYED});
    for (int i = 0; i < MANY; i++) { /* the later ones of each run first, as buffers may come */
        const int in_run = MANY / RUNS - 1 - i % (MANY / RUNS), number = i - i % (MANY / RUNS) + in_run;
        const int64_t begin = 1 + 20ll * number;
        struct activity a = {.begin_ns = begin, .end_ns = begin + 15, .run = i / (MANY / RUNS), .in_graph = true};
        trace_add_activity(t, &a);
    }
    struct account a = account_of(t, 0);
    cr_expect(a.valid, "%s", a.reason);
    cr_expect_eq(a.named_ns, 15ll * MANY);
    cr_expect_eq(a.idle_in_graph_ns, 5ll * (MANY - RUNS));
    cr_expect_eq(a.host_gap_ns, 5ll * RUNS);
    trace_free(t);
}
