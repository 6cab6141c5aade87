/* Records become activities of a trace, each with the launch and the run that it is of:
 *
 * device work of a graph: its node's launch (labels.h); else the launch whose id was in force when it was enqueued. A
 * call has an id of each sort, and shares its correlation id with the work that it enqueued. The run is always that of
 * the call: all nodes of a graph are enqueued by one. */
#ifndef SDBENCH_CUPTI_JOIN_H
#define SDBENCH_CUPTI_JOIN_H

#include "profiler/cupti/labels.h"
#include "profiler/cupti/names.h"

/* The sorts of ids that are in force while a call is made. An id is an index into the trace, plus one. */
#define LINK_LAUNCH CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0
#define LINK_RUN    CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM1

struct join {
    struct trace *trace;
    struct labels *labels;
    struct names *names;
    struct id_map links; /* correlation id: first its launch, second its run */
    bool no_memory;
};

void join_open(struct join *j, struct trace *t, struct labels *labels, struct names *names);
void join_close(struct join *j);

/* First all links, then all else: a link may come after what it is for. Both count what cannot be into the trace. */
void join_link(void *join, const struct record *r);
void join_work(void *join, const struct record *r);

#endif
