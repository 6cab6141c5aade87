/* Which launch of ours a node of a graph belongs to. CUPTI tells when a node is created, on the thread that records,
 * and when it is cloned; this remembers which launch that thread was in. Node ids are CUPTI's, unique in the process.
 * From CUDA 13.1 on the runtime tells them too, at the end of each launch: a second way to the same, which needs no
 * callback for the nodes that are recorded, and has to agree with the first.
 *
 * Making a graph ready to run clones its nodes (a copy has its original's launch, and the original keeps it: a graph
 * may be made ready more than once), and may create some of its own, which belong to nobody. */
#ifndef SDBENCH_CUPTI_LABELS_H
#define SDBENCH_CUPTI_LABELS_H

#include <pthread.h>

#include "profiler/cupti/id_map.h"

struct labels {
    pthread_mutex_t lock;
    struct id_map launch_of; /* node id: first is its launch by callbacks, second that by the runtime */
    uint64_t conflicts;      /* nodes that a launch recorded and that were not told, or the other way round; or that the
                                two ways have in different launches */
    bool no_memory;
};

void labels_open(struct labels *l);
void labels_close(struct labels *l);

/* The calling thread is in that launch; launches nest. */
void labels_launch_begin(int32_t launch);

/* recorded: nodes that the launch added to a recording by capture order; 0 where it is none, or not known. */
void labels_launch_end(struct labels *l, uint64_t recorded);

/* Before its end: the ids of all nodes that the launch added, as the runtime has them. */
void labels_nodes_recorded(struct labels *l, const uint64_t *node, uint64_t count);

/* The calling thread makes a graph ready. */
void labels_instantiate_begin(void);
void labels_instantiate_end(void);

void labels_node_created(struct labels *l, uint64_t node);
void labels_node_cloned(struct labels *l, uint64_t from, uint64_t to);

/* ID_NONE where it is of none. */
int32_t labels_find(struct labels *l, uint64_t node);

#endif
