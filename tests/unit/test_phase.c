/* Phase clocks on made-up time, on threads, and where there is none. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/phase.h"

static int64_t sum(const struct phase_clock *c)
{
    int64_t ns = phase_clock_unaccounted_ns(c);
    for (int p = 0; p < PHASE_COUNT; p++)
        ns += c->phase[p].time_ns;
    return ns;
}

Test(phase, rows_have_titles_of_their_own)
{
    for (int i = 0; i < PHASE_COUNT; i++) {
        cr_assert(phases[i].title && *phases[i].title && strlen(phases[i].title) < 32);
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(phases[i].title, phases[k].title);
    }
    cr_expect_str_eq(phases[PHASE_spawn].title, "spawn to main");
    cr_expect_str_eq(phases[PHASE_write].title, "write");
    cr_expect(phases[PHASE_read].counts_faults && !phases[PHASE_text].counts_faults);
}

/* plan 100..110, in it tune 103..107, in that read 104..105; upload 112..113 and 115..119. */
Test(phase, an_inner_phase_takes_its_time_out_of_the_outer_one)
{
    struct phase_clock c;
    phase_clock_start(&c, 95);
    cr_expect_eq(phase_clock_change(&c, PHASE_plan, true, 100), PHASE_NONE);
    cr_expect_eq(phase_clock_change(&c, PHASE_tune, true, 103), PHASE_plan);
    cr_expect_eq(phase_clock_change(&c, PHASE_read, true, 104), PHASE_tune);
    phase_clock_change(&c, PHASE_tune, false, 105);
    phase_clock_change(&c, PHASE_plan, false, 107);
    phase_clock_change(&c, PHASE_NONE, false, 110);
    for (int64_t at = 112; at <= 115; at += 3) {
        phase_clock_change(&c, PHASE_upload, true, at);
        phase_add_bytes(1000);
        phase_clock_change(&c, PHASE_NONE, false, at == 112 ? 113 : 119);
    }
    phase_add_bytes(7); /* in no phase: nobody's */
    phase_clock_stop(&c, 120);
    const struct phase_time *t = c.phase;
    cr_expect(t[PHASE_plan].time_ns == 6 && t[PHASE_plan].begin_ns == 100 && t[PHASE_plan].entries == 1);
    cr_expect(t[PHASE_tune].time_ns == 3 && t[PHASE_tune].begin_ns == 103 && t[PHASE_tune].entries == 1);
    cr_expect(t[PHASE_read].time_ns == 1 && t[PHASE_read].begin_ns == 104 && t[PHASE_read].entries == 1);
    cr_expect(t[PHASE_upload].time_ns == 5 && t[PHASE_upload].begin_ns == 112 && t[PHASE_upload].entries == 2);
    cr_expect(t[PHASE_upload].bytes == 2000 && t[PHASE_plan].bytes == 0);
    cr_expect(t[PHASE_text].entries == 0 && t[PHASE_text].time_ns == 0);
    cr_expect_eq(phase_clock_unaccounted_ns(&c), 5 + 2 + 2 + 1);
    cr_expect(sum(&c) == 25 && c.stop_ns - c.start_ns == 25);
}

/* A stay that the clock is stopped in counts to the stop, and what comes after counts nowhere. */
Test(phase, may_be_stopped_within_a_phase)
{
    struct phase_clock c;
    phase_clock_start(&c, 1000);
    phase_clock_change(&c, PHASE_text, true, 1010);
    phase_clock_change(&c, PHASE_decode, true, 1020);
    phase_clock_stop(&c, 1050);
    cr_expect(c.phase[PHASE_text].time_ns == 10 && c.phase[PHASE_decode].time_ns == 30 && c.none_ns == 10);
    struct phase_clock kept = c;
    phase_return(PHASE_text);
    phase_enter(PHASE_write);
    phase_clock_stop(&c, 2000);
    cr_expect(!memcmp(&kept, &c, sizeof c), "a clock that was stopped runs no more");
}

Test(phase, without_a_clock_nothing_happens)
{
    cr_expect_eq(phase_enter(PHASE_read), PHASE_NONE);
    phase_add_bytes(1);
    phase_return(PHASE_plan);
    cr_expect_eq(phase_enter(PHASE_text), PHASE_NONE, "still none");
    struct phase_clock zero = {0};
    phase_clock_stop(&zero, 5);
    cr_expect_eq(zero.stop_ns, 0);
}

/* Any sequence of phases, kept by hand too; and by the thread's own clock, whose times are real. */
Test(phase, sums_are_exact_whatever_happens)
{
    unsigned seed = 12345;
    for (int round = 0; round < 200; round++) {
        struct phase_clock made_up = {0}, real;
        const int64_t start = 1000 + rand_r(&seed) % 1000;
        int64_t now = start, by_hand[PHASE_COUNT + 1] = {0};
        phase_clock_start(&real, clock_now_ns());
        phase_clock_start(&made_up, start);
        for (int i = rand_r(&seed) % 60; i > 0; i--) {
            const int step = rand_r(&seed) % 5;
            now += step;
            by_hand[made_up.now] += step;
            phase_clock_change(&made_up, (enum phase)(rand_r(&seed) % (PHASE_COUNT + 1)), rand_r(&seed) % 2, now);
        }
        now += 3;
        by_hand[made_up.now] += 3;
        phase_clock_stop(&made_up, now);
        for (int i = rand_r(&seed) % 20; i > 0; i--)
            phase_enter((enum phase)(rand_r(&seed) % (PHASE_COUNT + 1)));
        phase_clock_stop(&real, clock_now_ns());
        for (int p = 0; p < PHASE_COUNT; p++)
            cr_assert_eq(made_up.phase[p].time_ns, by_hand[p], "round %d, %s", round, phases[p].title);
        cr_assert_eq(made_up.none_ns, by_hand[PHASE_COUNT], "round %d", round);
        cr_assert_eq(sum(&made_up), now - start);
        cr_assert_eq(sum(&real), real.stop_ns - real.start_ns);
    }
}

/* The outer clock stands in its phase while the inner one runs, and has the thread again afterwards. */
Test(phase, a_clock_within_a_clock)
{
    struct phase_clock outer, inner;
    phase_clock_start(&outer, 0);
    phase_clock_change(&outer, PHASE_plan, true, 10);
    phase_clock_start(&inner, 20);
    cr_expect_eq(phase_enter(PHASE_text), PHASE_NONE);
    cr_expect_eq(outer.phase[PHASE_text].entries, 0);
    phase_clock_stop(&inner, clock_now_ns());
    cr_expect_eq(phase_enter(PHASE_decode), PHASE_plan, "the outer one again");
    phase_clock_start(&inner, clock_now_ns());
    int64_t end = clock_now_ns();
    phase_clock_stop(&outer, end);
    cr_expect(inner.stop_ns == end && sum(&inner) == end - inner.start_ns, "it stops what runs within it");
    cr_expect_eq(sum(&outer), end);
    cr_expect_eq(phase_enter(PHASE_read), PHASE_NONE, "none is attached");
}

static void *other_thread(void *argument)
{
    struct phase_clock *c = argument;
    if (phase_enter(PHASE_write) != PHASE_NONE) /* the first thread's clock is not ours */
        return NULL;
    phase_clock_start(c, clock_now_ns());
    enum phase before = phase_enter(PHASE_decode);
    phase_add_bytes(5);
    phase_return(before);
    phase_clock_stop(c, clock_now_ns());
    return c;
}

Test(phase, each_thread_has_its_own)
{
    struct phase_clock mine, others;
    pthread_t thread;
    void *result;
    phase_clock_start(&mine, clock_now_ns());
    phase_enter(PHASE_plan);
    cr_assert_eq(pthread_create(&thread, NULL, other_thread, &others), 0);
    cr_assert_eq(pthread_join(thread, &result), 0);
    cr_expect_eq(result, &others);
    cr_expect_eq(phase_enter(PHASE_text), PHASE_plan);
    phase_clock_stop(&mine, clock_now_ns());
    cr_expect(mine.phase[PHASE_decode].entries == 0 && mine.phase[PHASE_write].entries == 0);
    cr_expect(others.phase[PHASE_decode].entries == 1 && others.phase[PHASE_decode].bytes == 5);
    cr_expect(others.phase[PHASE_plan].entries == 0);
    cr_expect_eq(sum(&others), others.stop_ns - others.start_ns);
}

/* New pages are touched in a phase that counts, in one inside it that counts too, and in one that does not. */
Test(phase, faults_belong_to_the_phase_that_had_them)
{
    enum { PAGES = 64, PAGE = 4096 };
    char *memory = mmap(NULL, 3 * PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(memory != MAP_FAILED);
    madvise(memory, 3 * PAGES * PAGE, MADV_NOHUGEPAGE);
    static const enum phase each[] = {PHASE_read, PHASE_transform, PHASE_text};
    struct phase_clock c;
    phase_clock_start(&c, clock_now_ns());
    for (int i = 0; i < 3; i++) {
        phase_enter(each[i]);
        for (int page = 0; page < PAGES; page++)
            *(volatile char *)(memory + (i * PAGES + page) * PAGE) = 1;
    }
    phase_clock_stop(&c, clock_now_ns());
    munmap(memory, 3 * PAGES * PAGE);
    for (int i = 0; i < 2; i++)
        cr_expect_geq(c.phase[each[i]].minor_faults, PAGES, "%s", phases[each[i]].title);
    cr_expect_lt(c.phase[PHASE_read].minor_faults + c.phase[PHASE_transform].minor_faults, 3 * PAGES,
                 "those of another phase are not among them");
    cr_expect_eq(c.phase[PHASE_text].minor_faults, 0, "not counted there");
}
