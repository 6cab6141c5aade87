#include "profiler/sensors/sensors.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pipeline/base/clock.h"

/* An hour at the usual rate: windows of one process are shorter. */
enum { MOST_READINGS = 36000 };
#define LONGEST_PAUSE_NS INT64_C(1000000000)
#define QUIET_NS         INT64_C(1000000000) /* the longest time that NVML's utilisation is a mean of */
#define PATIENCE_NS      INT64_C(2500000000)

/* What others used while nothing of ours was on the device. */
struct quiet {
    int readings;
    double utilisation, memory;
};

struct sensors {
    struct sensor_source source;
    int64_t interval_ns;
    pthread_t thread;
    bool has_thread;
    pthread_cond_t wake;
    pthread_mutex_t lock; /* of all below, and of reading */
    bool stop, running, own_seen;
    struct sensor_reading *ring;
    int64_t taken, cost_ns, largest_ns, last_ns; /* readings in all, and what they took */
    int64_t ended_ns;                            /* of the last child */
    struct quiet quiet, before;                  /* since then; before the child that runs */
};

static int first_kept(const struct sensors *s)
{
    return s->taken > MOST_READINGS ? (int)(s->taken % MOST_READINGS) : 0;
}

static int kept(const struct sensors *s)
{
    return s->taken > MOST_READINGS ? MOST_READINGS : (int)s->taken;
}

static const struct sensor_reading *reading_at(const struct sensors *s, int i)
{
    return &s->ring[(first_kept(s) + i) % MOST_READINGS];
}

static void see_quiet(struct sensors *s, const struct sensor_reading *r)
{
    if (s->running || r->at_ns < s->ended_ns + QUIET_NS)
        return;
    if (!s->quiet.readings++)
        s->quiet.utilisation = s->quiet.memory = NAN;
    s->quiet.utilisation = fmax(s->quiet.utilisation, r->value[QUANTITY_utilisation]);
    s->quiet.memory = fmax(s->quiet.memory, r->value[QUANTITY_memory]);
}

/* With the lock. */
static void take(struct sensors *s)
{
    struct sensor_reading *r = &s->ring[s->taken % MOST_READINGS];
    int64_t begin_ns = clock_now_ns();
    sensor_reading_clear(r);
    s->source.read(s->source.own, r);
    int64_t end_ns = clock_now_ns();
    r->at_ns = begin_ns + (end_ns - begin_ns) / 2;
    s->last_ns = end_ns - begin_ns;
    s->cost_ns += s->last_ns;
    s->largest_ns = s->last_ns > s->largest_ns ? s->last_ns : s->largest_ns;
    s->own_seen |= r->value[QUANTITY_own] > 0;
    see_quiet(s, r);
    s->taken++;
}

static int64_t pause_ns(const struct sensors *s)
{
    int64_t least = (int64_t)((double)s->last_ns / SENSORS_MOST_SHARE);
    least = least > LONGEST_PAUSE_NS ? LONGEST_PAUSE_NS : least;
    return least > s->interval_ns ? least : s->interval_ns;
}

/* From reading to reading, without drift; what was missed is not caught up. */
static void *run(void *context)
{
    struct sensors *s = context;
    pthread_mutex_lock(&s->lock);
    while (!s->stop) {
        take(s);
        int64_t until = clock_now_ns() + pause_ns(s);
        const struct timespec t = {until / 1000000000, until % 1000000000};
        while (!s->stop && pthread_cond_timedwait(&s->wake, &s->lock, &t) != ETIMEDOUT)
            continue;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Signals are for the thread that waits for the child. */
static bool start_thread(struct sensors *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->has_thread = !pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->has_thread;
}

static bool knows_any(const struct sensor_source *source)
{
    for (int q = 0; q < QUANTITIES; q++)
        if (!*source->reason && !source->why_not[q])
            return true;
    return false;
}

struct sensors *sensors_open(const struct sensors_options *o)
{
    struct sensors *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    if (!s)
        return NULL;
    s->interval_ns = o->interval_ns ? o->interval_ns : SENSORS_INTERVAL_NS;
    s->ended_ns = clock_now_ns();
    s->before.utilisation = s->before.memory = NAN;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (o->device && *o->device)
        sensor_source_gpu(o->device, o->root ? o->root : "", &s->source);
    else
        sensor_source_host(o->root ? o->root : "", &s->source);
    s->ring = knows_any(&s->source) ? calloc(MOST_READINGS, sizeof *s->ring) : NULL;
    if (knows_any(&s->source) && (!s->ring || !start_thread(s))) {
        sensors_close(s);
        return NULL;
    }
    return s;
}

void sensors_close(struct sensors *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    if (s->source.own)
        s->source.close(s->source.own);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s->ring);
    free(s);
}

static bool is_quiet(struct sensors *s)
{
    pthread_mutex_lock(&s->lock);
    bool quiet = s->quiet.readings > 0;
    pthread_mutex_unlock(&s->lock);
    return quiet;
}

/* Only where nothing is known yet, and something can be: once a run. */
static void wait_for_quiet(struct sensors *s)
{
    const struct timespec pause = {0, 20000000};
    int64_t begin_ns = clock_now_ns();
    bool tells = !s->source.why_not[QUANTITY_utilisation] || !s->source.why_not[QUANTITY_memory];
    while (tells && !s->before.readings && !is_quiet(s) && clock_now_ns() - begin_ns < PATIENCE_NS)
        nanosleep(&pause, NULL);
}

bool sensors_run_begins(struct sensors *s)
{
    if (!s || !s->has_thread)
        return false;
    if (s->source.is_gpu)
        wait_for_quiet(s);
    pthread_mutex_lock(&s->lock);
    if (s->quiet.readings)
        s->before = s->quiet;
    s->quiet.readings = 0;
    s->running = true;
    bool known = s->before.readings;
    take(s);
    pthread_mutex_unlock(&s->lock);
    return known;
}

void sensors_run_ended(struct sensors *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->running = false;
    s->ended_ns = clock_now_ns();
    pthread_mutex_unlock(&s->lock);
}

/* The readings from some before begin_ns on, in case that the last of these failed; malloc'ed. With the lock. */
static struct sensor_reading *copy_from(const struct sensors *s, int64_t begin_ns, int *n)
{
    enum { BEFORE = 4 };
    int from = kept(s) - 1;
    while (from > 0 && reading_at(s, from)->at_ns >= begin_ns)
        from--;
    from = from > BEFORE ? from - BEFORE : 0;
    *n = kept(s) - from;
    struct sensor_reading *out = calloc((size_t)*n + 1, sizeof *out);
    for (int i = 0; out && i < *n; i++)
        out[i] = *reading_at(s, from + i);
    return out;
}

struct sensor_summary sensors_window(struct sensors *s, int64_t begin_ns, int64_t end_ns)
{
    struct sensor_summary sum;
    int n;
    sensor_summary_unknown(&sum, end_ns - begin_ns, s ? s->source.reason : "sensors were not started");
    if (!s || !s->has_thread)
        return sum;
    pthread_mutex_lock(&s->lock);
    if (end_ns - begin_ns >= s->interval_ns && (!s->taken || reading_at(s, kept(s) - 1)->at_ns < end_ns))
        take(s); /* for a shorter one it would come too often */
    struct sensor_reading *r = s->taken ? copy_from(s, begin_ns, &n) : NULL;
    const struct sensor_window w = {begin_ns, end_ns, s->source.is_gpu, s->own_seen};
    const struct quiet before = s->before;
    pthread_mutex_unlock(&s->lock);
    if (!r)
        return sum;
    sensor_summarise(r, n, &w, &sum);
    free(r);
    sum.utilisation_before_share = before.utilisation;
    sum.memory_before_bytes = before.memory;
    if (isnan(sum.energy_mj) && s->source.why_not[QUANTITY_energy]) {
        const char *why = s->source.why_not[QUANTITY_energy];
        size_t length = strnlen(why, sizeof sum.energy_unknown - 1);
        memcpy(sum.energy_unknown, why, length);
        sum.energy_unknown[length] = 0;
    }
    return sum;
}

int sensors_readings(struct sensors *s, int64_t begin_ns, int64_t end_ns, struct sensor_reading *out, int most)
{
    int n = 0;
    if (!s || !s->has_thread)
        return 0;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < kept(s) && n < most; i++)
        if (reading_at(s, i)->at_ns >= begin_ns && reading_at(s, i)->at_ns <= end_ns)
            out[n++] = *reading_at(s, i);
    pthread_mutex_unlock(&s->lock);
    return n;
}

struct sensors_cost sensors_cost(struct sensors *s)
{
    struct sensors_cost cost = {0};
    if (!s)
        return cost;
    pthread_mutex_lock(&s->lock);
    cost = (struct sensors_cost){s->taken, s->taken ? s->cost_ns / s->taken : 0, s->largest_ns};
    pthread_mutex_unlock(&s->lock);
    return cost;
}

void sensors_describe(const struct sensors *s, struct text *known, struct text *unknown)
{
    if (s)
        sensor_source_describe(&s->source, known, unknown);
    else
        text_add(unknown, "all (sensors were not started)");
}

const char *sensors_source(const struct sensors *s)
{
    return s && s->has_thread ? s->source.name : "";
}
