/* Noise floors: how large a difference this machine shows between two runs of one and the same program. They are
 * measured by `gate --calibrate` and kept outside the repository, since they are a machine's.
 *
 *     floor = Q3 + 3 (Q3 - Q1) of |d|, d a session's relative difference     (Tukey's far-out fence)
 *
 * with the quartiles of bench/statistics/summary.h. */
#ifndef SDBENCH_BENCH_GATE_FLOORS_H
#define SDBENCH_BENCH_GATE_FLOORS_H

#include "bench/machine.h"
#include "pipeline/base/error.h"
#include "pipeline/runtime/backend.h"

enum { MIN_FLOOR_SESSIONS = 20, MAX_FLOOR_SESSIONS = 1000 };

struct floor_key {
    char machine[20]; /* floor_machine */
    char backend[32], workload[64], variant[128];
    char row[16]; /* "warm", "cold" */
};

struct noise_floor {
    struct floor_key key;
    double floor;     /* relative: 0.01 is 1 % */
    char date[12];    /* "2025-01-31" */
    char version[32]; /* of sdbench */
    double *difference;
    int sessions; /* differences there are: |d| of each session, in their order */
};

/* A machine's id: a hash of the processor's model, the cores that this process may use, the memory in whole GiB
 * (rounded up: kernels keep different parts for themselves) and the device. No name of a host is in it. */
void floor_machine(const struct machine *m, const struct device_facts *device, char out[20]);

/* The floor from differences of n sessions, of either sign. Refused below 20 and where one is not finite. */
struct err floor_of(const double *difference, int n, double *floor);

struct floor_file {
    struct noise_floor *entry;
    int count;
};

/* SDBENCH_FLOORS, else XDG_CONFIG_HOME/sdbench/floors.json, else ~/.config/sdbench/floors.json. *path is malloc'ed. */
struct err floors_path(char **path);

struct err floors_read(const char *path, struct floor_file *out); /* none where there is no file */
void floors_free(struct floor_file *f);

/* NULL where this was not calibrated. */
const struct noise_floor *floors_find(const struct floor_file *f, const struct floor_key *key);

/* Computes `floor` of the entry from its differences, and puts it into the file in place of the one with its key. The
 * date is today's and the version this program's. Two programs that do so at once lose none. */
struct err floors_put(const char *path, const struct noise_floor *measured);

#endif
