/* Phase clocks: an exact account of where a thread's time goes.
 *
 *     struct phase_clock clock;
 *     phase_clock_start(&clock, clock_now_ns());
 *     struct err e = sd_open(&options, NULL, &sd);           // enters phases, as below
 *     phase_clock_stop(&clock, clock_now_ns());
 *     printf("%s: %lld ns\n", phases[PHASE_read].title, (long long)clock.phase[PHASE_read].time_ns);
 *
 * and whoever does something worth telling apart:
 *
 *     enum phase before = phase_enter(PHASE_upload);
 *     struct err e = send(weights, bytes);
 *     phase_add_bytes(bytes);
 *     phase_return(before);                                  // to the phase around it, on an error too
 *
 * A clock that runs is at any moment in exactly one phase, or in none: a phase inside another takes its time out of the
 * other's. So the times of all phases and that in none add up to stop minus start, to the nanosecond. Work that a
 * device still does belongs to whoever waits for it: a phase that enqueues ends by waiting.
 *
 * What it costs: a change of phase reads the clock once, which is no system call (CLOCK_MONOTONIC, vDSO), and adds; one
 * to or from a phase that counts page faults makes one system call more (getrusage). Without a clock on the thread it
 * is a load and a comparison. */
#ifndef SDBENCH_BASE_PHASE_H
#define SDBENCH_BASE_PHASE_H

#include <stdbool.h>
#include <stdint.h>

enum phase {
#define PHASE(name, title, faults) PHASE_##name,
#include "pipeline/base/phases.def"
#undef PHASE
    PHASE_COUNT,
    PHASE_NONE = PHASE_COUNT
};

struct phase_row {
    const char *title;
    bool counts_faults;
};
extern const struct phase_row phases[PHASE_COUNT];

struct phase_time {
    int64_t begin_ns; /* of the first stay, on the clock of base/clock.h */
    int64_t time_ns;  /* of all stays */
    uint64_t entries; /* by phase_enter; 0: nothing else here means anything */
    uint64_t bytes;
    int64_t major_faults, minor_faults; /* of the process, all its threads; 0 where they are not counted */
};

/* Zeroed, or as phase_clock_start leaves it; to be read once it is stopped. */
struct phase_clock {
    struct phase_time phase[PHASE_COUNT];
    int64_t start_ns, stop_ns, none_ns; /* none_ns: in no phase */
    enum phase now;
    int64_t since_ns, major_faults, minor_faults; /* of the last change of phase */
    struct phase_clock *outer;
    bool runs;
};

/* Begins anew, in no phase, and attaches the clock to the calling thread: what this thread does next is in its phases.
 * A clock that was attached before stays in the phase that it is in, and is attached again afterwards. *c must stay
 * where it is until phase_clock_stop, by the same thread. `now_ns` may lie in the past (a program's beginning). */
void phase_clock_start(struct phase_clock *c, int64_t now_ns);

/* Detaches it, in whatever phase it is, and with it clocks that were started after it and not stopped. Nothing where it
 * does not run. */
void phase_clock_stop(struct phase_clock *c, int64_t now_ns);

/* Changes the phase of the calling thread's clock; what it was in before. PHASE_NONE: to none. */
enum phase phase_enter(enum phase p);

/* Back to what phase_enter gave: no entry is counted. */
void phase_return(enum phase before);

/* So many bytes went through the phase that the thread's clock is in. */
void phase_add_bytes(uint64_t n);

/* Time in no phase. */
int64_t phase_clock_unaccounted_ns(const struct phase_clock *c);

/* What phase_enter and phase_return do, for one clock and at a time of the caller's. */
enum phase phase_clock_change(struct phase_clock *c, enum phase to, bool enters, int64_t now_ns);

#endif
