/* A libnvidia-ml.so.1 for machines without one (build/tests/nvml), and one as old as can be (build/tests/nvml-old: it
 * has what is required and nothing else). A test in the same process sets `stand_in`; one that runs the program sets
 * SDBENCH_TEST_NVML to words:
 *
 *     hot       slowed for heat        capped    at its power cap       foreign   process 1 computes on it
 *     busy      half in use            memory    2 GB of it are used    hidden    lists none of our processes
 */
#ifndef SDBENCH_TESTS_SUPPORT_NVML_H
#define SDBENCH_TESTS_SUPPORT_NVML_H

enum { STAND_IN_PROCESSES = 8, STAND_IN_NOT_LOADED = 9, STAND_IN_LOST = 15 };

/* Counters of reasons, in this order, as shares of all time; below 0: the device has no such counter. */
enum {
    STAND_IN_POWER_CAP,
    STAND_IN_SOFTWARE_THERMAL,
    STAND_IN_HARDWARE_THERMAL,
    STAND_IN_POWER_BRAKE,
    STAND_IN_REASONS
};

struct stand_in {
    int start_result; /* of nvmlInit_v2 */
    unsigned devices; /* each even one has persistence mode on */
    int refused;      /* index of a device that does not open; -1: none */
    int unknown;      /* index of one whose mode is not known; -1: none */
    int held;         /* starts without an end */
    unsigned opened;  /* devices, in all */

    const char *driver, *bus;
    int result;      /* of each reading from now on; 0: it works */
    int works_for;   /* after so many readings of the clock it is lost; -1: never */
    int power_fails; /* its fields have no power of the moment */
    int divided;     /* MIG */
    unsigned sm_mhz, memory_mhz, power_mw, celsius, utilisation;
    unsigned long long reasons, memory_used;
    double share[STAND_IN_REASONS];
    double violation;                     /* share of all time, by the older function for the power cap */
    unsigned process[STAND_IN_PROCESSES]; /* pids */
    int processes;
    unsigned long long process_bytes; /* of each */
};

/* Opens the library: whoever asks for its name then gets it, and not the machine's. It lies beside this program. */
struct stand_in *stand_in_open(const char *folder);

#endif
