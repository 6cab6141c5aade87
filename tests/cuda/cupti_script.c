#include "tests/cuda/cupti_script.h"

#include <stdio.h>
#include <string.h>

struct script script;

static CUptiResult called(const char *what)
{
    text_add(&script.calls, "%s%s", script.calls.length ? " " : "", what);
    return script.refuse && !strcmp(script.refuse, what) ? script.result : CUPTI_SUCCESS;
}

static CUptiResult called_with(const char *what, unsigned number)
{
    char text[64];
    snprintf(text, sizeof text, "%s:%u", what, number);
    return called(text);
}

static CUptiResult CUPTIAPI get_version(uint32_t *version)
{
    *version = CUPTI_API_VERSION;
    return called("GetVersion");
}

static CUptiResult CUPTIAPI get_node_id(CUgraphNode node, uint64_t *id)
{
    *id = (uintptr_t)node;
    return called("GetGraphNodeId");
}

static CUptiResult CUPTIAPI subscribe(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user)
{
    (void)function;
    *out = user;
    const CUptiResult result = called("Subscribe");
    script.subscribed += result == CUPTI_SUCCESS;
    return result;
}

#if CUPTI_HAS_SUBSCRIBE_V2
static CUptiResult CUPTIAPI subscribe_v2(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user,
                                         CUpti_SubscriberParams *params)
{
    const CUptiResult result = subscribe(out, function, user);
    if (script.taken)
        snprintf(params->oldSubscriberName, params->oldSubscriberSize, "%s", script.taken);
    return result;
}
#endif

static CUptiResult CUPTIAPI unsubscribe(CUpti_SubscriberHandle subscriber)
{
    (void)subscriber;
    script.subscribed--;
    return called("Unsubscribe");
}

static CUptiResult CUPTIAPI enable_callback(uint32_t on, CUpti_SubscriberHandle subscriber, CUpti_CallbackDomain domain,
                                            CUpti_CallbackId id)
{
    (void)on, (void)subscriber, (void)domain;
    return called_with("EnableCallback", id);
}

static CUptiResult CUPTIAPI enable_domain(uint32_t on, CUpti_SubscriberHandle subscriber, CUpti_CallbackDomain domain)
{
    (void)on, (void)subscriber;
    return called_with("EnableDomain", domain);
}

static CUptiResult CUPTIAPI set_attribute(CUpti_ActivityAttribute attribute, size_t *size, void *value)
{
    (void)value;
    return *size ? called_with("ActivitySetAttribute", attribute) : CUPTI_ERROR_INVALID_PARAMETER;
}

static CUptiResult CUPTIAPI register_time(CUpti_TimestampCallbackFunc time)
{
    script.time = time;
    return called("ActivityRegisterTimestampCallback");
}

static CUptiResult CUPTIAPI register_callbacks(CUpti_BuffersCallbackRequestFunc request,
                                               CUpti_BuffersCallbackCompleteFunc complete)
{
    script.request = request;
    script.complete = complete;
    return called("ActivityRegisterCallbacks");
}

static CUptiResult CUPTIAPI enable(CUpti_ActivityKind kind)
{
    const CUptiResult result = called_with("ActivityEnable", kind);
    script.enabled += result == CUPTI_SUCCESS;
    return result;
}

static CUptiResult CUPTIAPI disable(CUpti_ActivityKind kind)
{
    script.enabled--;
    return called_with("ActivityDisable", kind);
}

static CUptiResult CUPTIAPI flush(uint32_t flags)
{
    return called_with("ActivityFlushAll", flags);
}

static CUptiResult CUPTIAPI get_dropped(CUcontext context, uint32_t stream, size_t *dropped)
{
    (void)context, (void)stream;
    *dropped = script.dropped;
    script.dropped = 0;
    return called("ActivityGetNumDroppedRecords");
}

static CUptiResult CUPTIAPI push(CUpti_ExternalCorrelationKind sort, uint64_t id)
{
    (void)id;
    return called_with("Push", sort);
}

static CUptiResult CUPTIAPI pop(CUpti_ExternalCorrelationKind sort, uint64_t *last)
{
    (void)last;
    return called_with("Pop", sort);
}

void script_table(struct cupti *out)
{
    *out = (struct cupti)
    {
        .GetVersion = get_version, .GetGraphNodeId = get_node_id, .Subscribe = subscribe,
#if CUPTI_HAS_SUBSCRIBE_V2
        .Subscribe_v2 = subscribe_v2,
#endif
        .Unsubscribe = unsubscribe, .EnableCallback = enable_callback, .EnableDomain = enable_domain,
        .ActivitySetAttribute = set_attribute, .ActivityRegisterTimestampCallback = register_time,
        .ActivityRegisterCallbacks = register_callbacks, .ActivityEnable = enable, .ActivityDisable = disable,
        .ActivityFlushAll = flush, .ActivityGetNumDroppedRecords = get_dropped,
        .ActivityPushExternalCorrelationId = push, .ActivityPopExternalCorrelationId = pop,
        .version = CUPTI_API_VERSION,
    };
}

CUgraphNode script_node(uintptr_t id)
{
    return (CUgraphNode)id;
}
