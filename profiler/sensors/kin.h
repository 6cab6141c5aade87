/* Whether a process is this one or was started by it, directly or not: what else is on a device is foreign. */
#ifndef SDBENCH_PROFILER_SENSORS_KIN_H
#define SDBENCH_PROFILER_SENSORS_KIN_H

enum kin {
    KIN_OURS,
    KIN_FOREIGN,
    KIN_UNSEEN /* there is no such process here: it ended meanwhile, or has this number only outside of a container */
};

/* root is put before /proc: "" but in tests. */
enum kin kin_of(const char *root, unsigned pid);

#endif
