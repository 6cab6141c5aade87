#include "bench/measure/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure/foreign.h"
#include "bench/measure/records.h"
#include "bench/measure/time_text.h"
#include "bench/measure/validity.h"
#include "bench/rules/stop.h"
#include "bench/state/mapped.h"
#include "pipeline/base/clock.h"

/* One process being measured. */
struct measuring {
    struct bench_run *run;
    struct variant_result *v;
    const struct state_row *state; /* of its cold start */
    int process, round;
    struct state_evidence evidence;
    struct state_environment environment;
    struct lock_mark mark; /* since the last sample */
    struct warm_span warm;
    struct err error; /* of a report that no error can be returned from */
};

/* What this plan's pictures must be; NULL where the sample's are the first. */
static const struct expected_output *expected_of(struct variant_result *v, const struct sample *s)
{
    for (int i = 0; i < v->outputs; i++)
        if (v->expected[i].choice_hash == s->choice_hash && v->expected[i].cold == sample_is_cold(s))
            return &v->expected[i];
    struct expected_output *more = realloc(v->expected, ((size_t)v->outputs + 1) * sizeof *more);
    if (more) {
        v->expected = more;
        more[v->outputs++] =
            (struct expected_output){s->choice_hash, s->pixels_hash, s->latents_hash, sample_is_cold(s)};
    }
    return NULL;
}

static void judge(struct measuring *m, struct sample *s)
{
    const struct expected_output *expected = expected_of(m->v, s);
    enum lock_answer other = lock_disturbed(&m->run->lock, m->mark);
    struct validity_context c = {.other_run_known = other != LOCK_UNKNOWN, .other_run = other == LOCK_YES};
    if (expected) {
        c.pixels_hash = &expected->pixels_hash;
        c.latents_hash = &expected->latents_hash;
    }
    validity_judge(s, &c);
    m->mark = lock_mark(&m->run->lock);
}

static void say(const struct measuring *m, const struct sample *s)
{
    char time[TIME_TEXT];
    const char *mark = s->round >= 0 && s->validity == SAMPLE_INVALID ? " INVALID: " : " ! ";
    progress_clear(m->run->progress);
    if (!m->run->result->job.options->quiet)
        fprintf(stderr, "%s%s%s: %s %s%s%s%s\n", m->v->variant->name, m->v->side ? " " : "",
                m->v->side ? m->v->side : "", s->warm_up ? "warm-up" : s->state->name,
                time_text((double)sample_time_ns(s), time), s->round < 0 ? " (burn-in)" : "", s->validity ? mark : "",
                s->reason);
}

static struct err take_sample(void *context, struct sample *s)
{
    struct measuring *m = context;
    s->process = m->process;
    s->round = m->round;
    if (s->state == m->state) {
        s->evidence = m->evidence;
        state_check_after(m->state, &m->run->subject, &m->environment, &m->v->mapped, &s->evidence);
    }
    s->sensors = sensors_window(m->run->sensors, s->begin.time_ns, s->end.time_ns);
    warm_span_add(&m->warm, s);
    judge(m, s);
    say(m, s);
    TRY(run_folder_append(m->run->folder, record_sample(m->run->folder, m->run->result, m->v, s)));
    return variant_result_keep(m->v, s);
}

/* The first to come is recorded as the variant's plan; another one later is, too. That of a process without a plan
 * cache tells of choices that were made anew: it is not what the variant's other times are of. */
static void take_pipeline(void *context, const struct pipeline_facts *f)
{
    struct measuring *m = context;
    const struct pipeline_facts before = m->v->facts;
    bool passing = m->v->told && m->state->plans == PLANS_ABSENT;
    bool news = !m->v->told || before.choice_hash != f->choice_hash;
    m->v->facts = *f;
    m->v->told = true;
    if (news)
        m->error =
            err_first(m->error, run_folder_append(m->run->folder, record_plan(m->run->folder, m->run->result, m->v)));
    if (passing)
        m->v->facts = before;
}

static struct err take_mapped(void *context, struct file_list *files)
{
    struct measuring *m = context;
    struct file_list swap = m->v->mapped;
    m->v->mapped = *files;
    *files = swap;
    return OK;
}

static struct err take_profile(void *context, const cJSON *record)
{
    struct measuring *m = context;
    return m->run->profile ? m->run->profile(m->run->profile_context, m->v, record) : OK;
}

static void take_cost(void *context, int64_t harness_ns, int pairs)
{
    struct measuring *m = context;
    m->run->result->harness_ns = harness_ns;
    m->run->result->harness_pairs = pairs;
}

/* A variant that this machine lacks, or that does not fit its memory, is a row with the reason. What it measured before
 * that stays recorded. */
static bool becomes_a_row(struct measuring *m, struct err e)
{
    if (e.code != ERR_ABSENT && e.code != ERR_MEMORY)
        return false;
    m->v->absent = strdup(err_text(e));
    progress_clear(m->run->progress);
    if (!m->run->result->job.options->quiet)
        fprintf(stderr, "%s: not here: %s\n", m->v->variant->name, err_text(e));
    return m->v->absent != NULL;
}

static bool any_able(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (!r->variant[i].absent)
            return true;
    return false;
}

/* The file of choices that a process is pinned to; NULL: none. */
static const char *pinned_to(const struct bench_run *run, const struct variant_result *v)
{
    return v->plan ? v->plan : run->result->job.options->plan;
}

/* Where a process saves its choices: those of one without a plan cache are made anew and are no other's. */
static const char *saved_to(const struct measuring *m)
{
    const struct job *job = &m->run->result->job;
    if (job->keeps_plans && m->state->plans == PLANS_ABSENT)
        return NULL;
    return m->v->save_plan ? m->v->save_plan : job->options->save_plan;
}

static struct err run_process(struct measuring *m, const char *then)
{
    struct bench_run *run = m->run;
    char **environment;
    TRY(state_environment_list(&m->environment, &environment));
    const struct process process = {.job = &run->result->job,
                                    .program = m->v->program,
                                    .slow_down = m->v->slow_down,
                                    .variant = m->v->variant->name,
                                    .then = *then ? then : NULL,
                                    .folder = run->folder->path,
                                    .plan = pinned_to(run, m->v),
                                    .save_plan = saved_to(m),
                                    .environment = environment};
    const struct process_listener listener = {run->progress, m, take_sample, take_pipeline, take_mapped, take_cost, take_profile};
    run->progress->label = m->v->variant->name;
    sensors_run_begins(run->sensors);
    m->mark = lock_mark(&run->lock);
    struct err e = process_run(&process, m->state, &listener);
    sensors_run_ended(run->sensors);
    run->progress->label = NULL;
    state_environment_free_list(environment);
    return err_first(e, m->error);
}

/* What the settled samples of a process took together. A burn-in is none that counts. */
static struct err take_process(struct measuring *m)
{
    struct bench_run *run = m->run;
    if (!m->warm.samples || m->round < 0)
        return OK;
    int64_t images = (int64_t)m->warm.samples * run->result->job.workload.images;
    struct sensor_summary s = sensors_window(run->sensors, m->warm.begin_ns, m->warm.end_ns);
    sensed_process(&m->v->sensed, &s, images);
    cJSON *record = record_sensors(run->folder, run->result, m->v, &s, images);
    if (!record)
        return OK;
    cJSON_AddNumberToObject(record, "process", m->process);
    cJSON_AddNumberToObject(record, "round", m->round);
    return run_folder_append(run->folder, record);
}

/* A process with pinned choices neither reads the plan cache nor writes it. */
static void find_caches(struct bench_run *run, const struct variant_result *v)
{
    run->subject.is_pinned = pinned_to(run, v);
    run->subject.has_plan_cache = run->result->job.keeps_plans && !run->subject.is_pinned;
}

/* What the variant's processes map, but for the weights and what this process maps as well. */
static struct err find_libraries(struct bench_run *run, const struct variant_result *v)
{
    struct file_list all = {0};
    struct state_subject *s = &run->subject;
    file_list_free(&s->libraries);
    struct err e = mapped_of_backend(&v->mapped, &s->ignored, &all);
    if (!e.code)
        e = file_list_add_others(&s->libraries, &all, &s->weights);
    file_list_free(&all);
    return e;
}

/* The state first, then the process. */
static struct err measure(struct measuring *m, const char *then)
{
    struct bench_run *run = m->run;
    find_caches(run, m->v);
    TRY(find_libraries(run, m->v));
    struct err e = state_prepare(m->state, &run->subject, run->progress, &m->evidence, &m->environment);
    if (!e.code)
        e = run_process(m, then);
    if (!e.code)
        e = take_process(m);
    state_environment_end(&m->environment);
    return e;
}

struct err bench_measure_process(struct bench_run *run, struct variant_result *v, enum state_id state, int round,
                                 const char *then)
{
    struct measuring m = {
        .run = run, .v = v, .state = &state_rows[state], .round = round, .process = run->result->processes++};
    struct err e = measure(&m, then);
    if (e.code && becomes_a_row(&m, e) && any_able(run->result)) {
        err_free(&e);
        return run_folder_append(run->folder, record_plan(run->folder, run->result, v));
    }
    return err_wrap(e, "variant %s", v->variant->name);
}

static struct err measure_one(struct bench_run *run, struct variant_result *v, enum state_id state, int pass)
{
    struct bench_result *r = run->result;
    char then[SERIES_TEXT] = "";
    if (v->absent)
        return OK;
    if (state == STATE_C2 && pass < 0)
        snprintf(then, sizeof then, "W1:1");
    else if (state == STATE_C2)
        schedule_series(&r->schedule, v->processes++, then);
    if (state == STATE_C2 && pass <= 0 && !r->job.computes && !r->harness_pairs)
        strcat(then, *then ? ",cost" : "cost");
    return bench_measure_process(run, v, state, pass < 0 ? -1 : pass / 2, then);
}

static bool time_is_over(struct bench_result *r, int64_t begin_ns)
{
    double seconds = (double)(clock_now_ns() - begin_ns) * 1e-9;
    if (r->schedule.seconds <= 0 || seconds < r->schedule.seconds)
        return false;
    if (!r->stopped && asprintf(&r->stopped, "--seconds %g: the time was over", r->schedule.seconds) < 0)
        r->stopped = NULL;
    return true;
}

/* All variants in all states that take part, one way or the other. */
static struct err measure_pass(struct bench_run *run, int pass, int64_t begin_ns)
{
    struct bench_result *r = run->result;
    int items = r->variants * STATE_COUNT;
    for (int i = 0; i < items; i++) {
        int item = order_is_backward(r->schedule.seed, pass) ? items - 1 - i : i;
        enum state_id state = (enum state_id)(item % STATE_COUNT);
        if (pass < 0 ? state != STATE_C2 : !schedule_takes_part(&r->schedule, state, pass))
            continue;
        if (time_is_over(r, begin_ns))
            return OK;
        TRY(measure_one(run, &r->variant[item / STATE_COUNT], state, pass));
    }
    return OK;
}

/* At most so many times the passes of the schedule, where precision is asked for. */
enum { MOST_EXTENSION = 4 };

/* Whether the warm medians of a variant's processes are as sure as --precision asks. */
static struct err is_enough(const struct variant_result *v, const struct schedule *schedule, bool *enough)
{
    int n, most = MOST_EXTENSION * schedule->count[STATE_C2];
    struct stop_limits limits = {
        .precision = schedule->precision, .most = most < 1 ? 1 : most, .most_seconds = INFINITY};
    struct stop stop;
    double *value = variant_values(v, STATE_W1, AS_MEASURED, &n, NULL);
    struct err e = value ? stop_begin(&stop, stop_rule_find("precision"), limits) : err_fail("out of memory");
    if (!e.code) {
        for (int i = 0; i < n; i++)
            stop_add(&stop, value[i]);
        *enough &= stop_done(&stop);
        stop_free(&stop);
    }
    free(value);
    return e;
}

static struct err all_enough(const struct bench_result *r, bool *enough)
{
    *enough = true;
    for (int i = 0; i < r->variants && r->schedule.precision > 0; i++)
        if (!r->variant[i].absent)
            TRY(is_enough(&r->variant[i], &r->schedule, enough));
    return OK;
}

struct err bench_measure(struct bench_run *run)
{
    struct bench_result *r = run->result;
    int64_t begin_ns = clock_now_ns();
    int planned = schedule_passes(&r->schedule), most = r->schedule.precision > 0 ? MOST_EXTENSION * planned : planned;
    for (int pass = -r->schedule.burn_in; pass < 0; pass++)
        TRY(measure_pass(run, pass, begin_ns));
    for (int pass = 0; pass < most && !r->stopped; pass++) {
        bool enough = false;
        if (pass >= planned && pass % 2 == 0)
            TRY(all_enough(r, &enough));
        if (enough)
            break;
        TRY(measure_pass(run, pass, begin_ns));
    }
    return OK;
}
