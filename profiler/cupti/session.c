#include "profiler/cupti/session.h"

#include <stdlib.h>

#include "pipeline/base/clock.h"
#include "profiler/cupti/decode.h"

/* What is recorded. CONCURRENT_KERNEL and not KERNEL, which runs kernels one after the other; both sorts of calls,
 * since libraries launch through either, and since a call that is not recorded has no ids. */
static const struct {
    CUpti_ActivityKind kind;
    bool needed;
    const char *doing;
} kinds[] = {
    {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, true, "turning on records of kernels"},
    {CUPTI_ACTIVITY_KIND_MEMCPY, true, "turning on records of copies"},
    {CUPTI_ACTIVITY_KIND_MEMCPY2, false, "turning on records of copies between devices"},
    {CUPTI_ACTIVITY_KIND_MEMSET, true, "turning on records of memory sets"},
    {CUPTI_ACTIVITY_KIND_RUNTIME, true, "turning on records of the runtime's calls"},
    {CUPTI_ACTIVITY_KIND_DRIVER, true, "turning on records of the driver's calls"},
    {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, true, "turning on records of ids"},
    {CUPTI_ACTIVITY_KIND_OVERHEAD, false, "turning on records of overheads"},
    {CUPTI_ACTIVITY_KIND_JIT, false, "turning on records of compilations"},
    {CUPTI_ACTIVITY_KIND_SYNCHRONIZATION, false, "turning on records of waits"},
};

/* Before any kind is enabled. */
static const struct {
    CUpti_ActivityAttribute attribute;
    size_t value, size;
    const char *doing;
} attributes[] = {
    {CUPTI_ACTIVITY_ATTR_PER_THREAD_ACTIVITY_BUFFER, 1, sizeof(uint8_t), "asking for buffers of each thread's own"},
    /* some 500000 kernels: the default of 3.2 MB is soon full where graphs are replayed back to back */
    {CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE, 16 << 20, sizeof(size_t), "asking for larger buffers on the device"},
};

static struct buffers pool;
static pthread_once_t pool_made = PTHREAD_ONCE_INIT;
static atomic_uint_fast64_t dropped;
static const struct cupti *library; /* of the session: buffer callbacks have no argument of ours */

static void count_one(void *lost, const struct record *r)
{
    ++*(uint64_t *)lost;
    free(r->extra);
}

static void on_lost(void *context, const uint8_t *bytes, size_t valid)
{
    (void)context;
    uint64_t lost = 0;
    lost += decode(bytes, valid, library->ActivityGetNextRecord, &(struct record_sink){count_one, &lost});
    atomic_fetch_add(&dropped, lost);
}

static void make_pool(void)
{
    buffers_open(&pool, BUFFERS_MOST_BYTES);
    pool.lost = on_lost;
}

struct buffers *session_buffers(void)
{
    pthread_once(&pool_made, make_pool);
    return &pool;
}

uint64_t session_dropped(void)
{
    return atomic_load(&dropped);
}

static void CUPTIAPI on_request(uint8_t **bytes, size_t *size, size_t *most_records)
{
    *bytes = buffers_take(session_buffers());
    *size = *bytes ? BUFFER_BYTES : 0;
    *most_records = 0; /* as many as fit */
}

static void CUPTIAPI on_complete(CUcontext context, uint32_t stream, uint8_t *bytes, size_t size, size_t valid)
{
    (void)size;
    size_t lost = 0;
    if (library->ActivityGetNumDroppedRecords(context, stream, &lost) == CUPTI_SUCCESS)
        atomic_fetch_add(&dropped, lost);
    if (bytes)
        buffers_give(session_buffers(), bytes, valid);
}

static uint64_t CUPTIAPI on_time(void)
{
    return (uint64_t)clock_now_ns();
}

void session_note(struct session *s, struct err e)
{
    if (!e.code)
        return;
    pthread_mutex_lock(&s->lock);
    s->failed = err_first(s->failed, e);
    pthread_mutex_unlock(&s->lock);
}

static struct err set_attributes(const struct session *s)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        size_t value = attributes[i].value, size = attributes[i].size; /* little-endian: its first byte is a uint8_t */
        TRY(cupti_check(&s->cupti, s->cupti.ActivitySetAttribute(attributes[i].attribute, &size, &value),
                        attributes[i].doing));
    }
    return OK;
}

static struct err subscribe(struct session *s)
{
    CUptiResult result;
    char other[256] = "";
#if CUPTI_HAS_SUBSCRIBE_V2
    CUpti_SubscriberParams params = {
        .structSize = CUpti_SubscriberParams_STRUCT_SIZE,
        .subscriberName = "sdbench",
        .oldSubscriberName = other,
        .oldSubscriberSize = sizeof other,
    };
    if (s->cupti.Subscribe_v2)
        result = s->cupti.Subscribe_v2(&s->subscriber, session_callback, s, &params);
    else
#endif
        result = s->cupti.Subscribe(&s->subscriber, session_callback, s);
    if (result != CUPTI_SUCCESS)
        s->subscriber = NULL;
    if (result == CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED && *other)
        return err_make(ERR_ABSENT, "CUPTI is taken by '%s': run without it", other);
    return cupti_check(&s->cupti, result, "subscribing");
}

static struct err enable_callbacks(const struct session *s)
{
    const struct cupti *c = &s->cupti;
    TRY(cupti_check(c, c->EnableDomain(1, s->subscriber, CUPTI_CB_DOMAIN_STATE), "asking to be told of its errors"));
    for (size_t i = 0; session_resources[i] != CUPTI_CBID_RESOURCE_INVALID; i++)
        TRY(cupti_check(c, c->EnableCallback(1, s->subscriber, CUPTI_CB_DOMAIN_RESOURCE, session_resources[i]),
                        "asking to be told of graphs' nodes"));
    return OK;
}

/* The clock once a process, before any kind is enabled: CUPTI's own is CLOCK_REALTIME, which is set now and then. */
static struct err register_functions(const struct session *s)
{
    static bool has_clock;
    if (!has_clock)
        TRY(cupti_check(&s->cupti, s->cupti.ActivityRegisterTimestampCallback(on_time), "giving it our clock"));
    has_clock = true;
    return cupti_check(&s->cupti, s->cupti.ActivityRegisterCallbacks(on_request, on_complete), "giving it buffers");
}

static struct err enable_kinds(struct session *s)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const CUptiResult result = s->cupti.ActivityEnable(kinds[i].kind);
        if (result == CUPTI_SUCCESS)
            s->enabled |= 1u << i;
        else if (kinds[i].needed)
            return cupti_check(&s->cupti, result, kinds[i].doing);
    }
    return OK;
}

static struct err set_up(struct session *s)
{
    TRY(set_attributes(s));
    TRY(subscribe(s));
    TRY(enable_callbacks(s));
    TRY(register_functions(s));
    return enable_kinds(s);
}

static void disable_kinds(struct session *s)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (s->enabled & 1u << i)
            s->cupti.ActivityDisable(kinds[i].kind);
    s->enabled = 0;
}

static void unsubscribe(struct session *s)
{
    if (s->subscriber)
        s->cupti.Unsubscribe(s->subscriber);
    s->subscriber = NULL;
}

struct err session_start(struct session *s)
{
    static struct cupti kept; /* callbacks may come when the session is gone */
    kept = s->cupti;
    library = &kept;
    struct err e = set_up(s);
    if (e.code)
        session_end(s);
    return e;
}

/* What is complete first; then all that is there, whether it is or not. */
struct err session_stop(struct session *s)
{
    struct err e = OK;
    if (s->enabled) {
        e = cupti_check(&s->cupti, s->cupti.ActivityFlushAll(0), "reading its buffers");
        disable_kinds(s);
        e = err_first(e, cupti_check(&s->cupti, s->cupti.ActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED),
                                     "reading its last buffers"));
    }
    return e;
}

void session_end(struct session *s)
{
    disable_kinds(s);
    unsubscribe(s);
}
