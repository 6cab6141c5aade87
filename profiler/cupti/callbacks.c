/* What CUPTI tells while it happens, on the thread that does it: nodes of graphs, and its own end. */
#include "profiler/cupti/session.h"

const CUpti_CallbackId session_resources[] = {
    CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATE_STARTING,
    CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATED,
    CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED,
    CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED,
    CUPTI_CBID_RESOURCE_INVALID,
};

/* 0 where it has none. */
static uint64_t id_of(struct session *s, CUgraphNode node)
{
    uint64_t id = 0;
    struct err e = cupti_check(&s->cupti, s->cupti.GetGraphNodeId(node, &id), "asking for the id of a graph's node");
    if (!e.code)
        return id;
    session_note(s, e);
    return 0;
}

static void on_resource(struct session *s, CUpti_CallbackId id, const CUpti_GraphData *g)
{
    switch (id) {
    case CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATE_STARTING:
        labels_instantiate_begin();
        break;
    case CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATED:
        labels_instantiate_end();
        break;
    case CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED:
        if (g)
            labels_node_created(&s->labels, id_of(s, g->node));
        break;
    case CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED:
        if (g)
            labels_node_cloned(&s->labels, id_of(s, g->originalNode), id_of(s, g->node));
        break;
    default:
        break;
    }
}

/* After a fatal error CUPTI has ended itself, and what it holds is lost. */
static void on_state(struct session *s, CUpti_CallbackId id, const CUpti_StateData *state)
{
    const char *message = state && state->notification.message ? state->notification.message : "no reason given";
    if (id == CUPTI_CBID_STATE_FATAL_ERROR || id == CUPTI_CBID_STATE_ERROR)
        session_note(s, err_make(ERR_INVALID, "CUPTI stopped tracing: %s (error %d)", message,
                                 state ? (int)state->notification.result : -1));
}

void CUPTIAPI session_callback(void *user, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void *data)
{
    struct session *s = user;
    if (domain == CUPTI_CB_DOMAIN_STATE) {
        on_state(s, id, data);
    } else if (domain == CUPTI_CB_DOMAIN_RESOURCE) {
        const CUpti_ResourceData *resource = data;
        on_resource(s, id, resource ? resource->resourceDescriptor : NULL);
    }
}
