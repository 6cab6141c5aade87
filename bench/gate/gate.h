/* Inside the verb gate: two builds, a control, and what their processes said. */
#ifndef SDBENCH_BENCH_GATE_GATE_H
#define SDBENCH_BENCH_GATE_GATE_H

#include "bench/gate/counters.h"
#include "bench/gate/floors.h"
#include "bench/gate/markdown.h"
#include "bench/gate/session.h"
#include "bench/gate/side.h"
#include "bench/measure/foreign.h"
#include "bench/measure/measure.h"
#include "bench/measure/records.h"

enum { MAX_GATED = MAX_VARIANTS / SIDES };

/* A variant under the gate. */
struct gated {
    const struct variant *variant;
    struct variant_result *row; /* SIDES of them, by enum side */
    bool only_new, only_base;   /* one side lacks it */
    char *absent;               /* both do: why */
    struct floors floors;
    bool calibrated; /* the floor is this machine's and above the margin */
    struct session_result *session;
    int warm_each;            /* settled samples of a process; 0: not known yet */
    char *plan[2];            /* files of choices that were made once, base and new */
    struct counters counters; /* of the new side */
    struct counters_verdict blessed;
    struct foreign foreign; /* what others did while all of it was measured */
    bool replaced, outputs_differ;
    char verdict_text[512];
};

struct gate {
    const struct options *o;
    struct gate_side base, new;
    struct bench_result result; /* a row for each side of each variant */
    struct run_folder folder;
    struct progress progress;
    struct bench_run run;
    struct gated gated[MAX_GATED];
    int variants;
    struct blessed blessed;
    const char *blessed_path; /* NULL: none is there */
    uint64_t seed;
};

/* Which variants there are, on which side; the checkpoint; plans that are made once. */
struct err gate_prepare(struct gate *g);

/* All rounds of one variant. */
struct err gate_measure(struct gate *g, struct gated *v);

/* What needs no rounds: counters, choices, outputs. */
struct err gate_compare_plans(struct gate *g, struct gated *v);

/* What a variant ends with. */
enum verdict gate_verdict(const struct gated *v);

/* The code that the gate ends with, and why. */
struct err gate_conclude(const struct gate *g);

/* Records of the verdicts; the table on stdout, or JSON; gate.md in the folder. */
struct err gate_record(struct gate *g);
struct err gate_write_markdown(struct gate *g, struct err conclusion);
struct err gate_print(const struct gate *g, struct err conclusion);

/* Lines on what has changed against the blessed ones. */
void gate_print_counters(const struct gate *g, const struct gated *v);

/* --calibrate: sessions of the new side with itself. */
struct err gate_calibrate(struct gate *g);

/* The key of a variant's floor on this machine. */
struct floor_key gate_floor_key(const struct gate *g, const struct gated *v);

#endif
