/* Which nodes a launch added to a recording: those whose ids are new. A runtime lists a graph's nodes in no order, so
 * that the last ones need not be the newest. */
#ifndef SDBENCH_PROFILER_TRACE_NODE_IDS_H
#define SDBENCH_PROFILER_TRACE_NODE_IDS_H

#include <stddef.h>

#include "profiler/trace/index_table.h"

/* Moves those of id that `seen` lacks to the front, adds them to it, and says how many they are: fewer without memory,
 * and then they are new again the next time. */
size_t node_ids_keep_new(struct index_table *seen, uint64_t *id, size_t count);

#endif
