#include <stdlib.h>

#include "bench/profile/take.h"

#define MOST_CALLS 1e15

void profile_host_free(struct profile_host *h)
{
    free(h->activity);
    free(h->name);
}

struct err take_host(struct profile *p, struct fields *f)
{
    struct profile_host h = {0};
    TRY(take_room((void **)&p->host, p->hosts, sizeof h));
    fields_text(f, "activity", &h.activity);
    fields_text(f, "name", &h.name);
    fields_number(f, "calls", 0, MOST_CALLS, &h.calls);
    fields_number(f, "total_ns", 0, MOST_NS, &h.total_ns);
    fields_number(f, "outside_calls", 0, MOST_CALLS, &h.outside_calls);
    fields_number(f, "outside_total_ns", 0, MOST_NS, &h.outside_total_ns);
    f->damaged |= p->hosts == MOST_ROWS;
    if (f->damaged || f->no_memory) {
        profile_host_free(&h);
        return OK;
    }
    p->host[p->hosts++] = h;
    return OK;
}
