/* The environment that a run is measured in, as fields of its first record. None says which machine it was, or whose:
 * no host name, no path, no serial number. */
#ifndef SDBENCH_BENCH_RECORD_ENVIRONMENT_H
#define SDBENCH_BENCH_RECORD_ENVIRONMENT_H

#include <cjson/cJSON.h>

/* Adds what is known without a run:
 *     sdbench, libraries, revision, source, compiler, flags    of the program
 *     cpu, cores, cores_online, cgroup_cores, numa_nodes, governor, memory_bytes, swap_bytes
 *     kernel, distribution, container, virtualisation, machine_vendor, machine_model
 *     variables    an object of those in the environment that change results (variables.h) */
void environment_add(cJSON *record);

/* Adds storage.<name>, what a path lies on: filesystem, options, rotational, model. */
void environment_add_storage(cJSON *record, const char *name, const char *path);

#endif
