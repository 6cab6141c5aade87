/* How CUPTI is set up, what happens when it refuses, and what it tells meanwhile, with functions that play it. */
#include "profiler/cupti/session.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/cuda/cupti_canned.h"
#include "tests/cuda/cupti_script.h"

static struct session s;

static void open_session(void)
{
    script = (struct script){0};
    s = (struct session){0};
    labels_open(&s.labels);
    pthread_mutex_init(&s.lock, NULL);
    script_table(&s.cupti);
}

static void close_session(void)
{
    labels_close(&s.labels);
    text_free(&script.calls);
    err_free(&s.failed);
    buffers_close(session_buffers());
}

TestSuite(cupti_session, .init = open_session, .fini = close_session);

static void start(void)
{
    struct err e = session_start(&s);
    cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
}

static size_t place(const char *call)
{
    const char *at = strstr(text_get(&script.calls), call);
    cr_assert(at, "%s is not among: %s", call, text_get(&script.calls));
    return (size_t)(at - text_get(&script.calls));
}

/* The order that CUPTI's manual asks for: attributes and the clock before any kind. */
Test(cupti_session, order)
{
    static const char *const order[] = {
        "ActivitySetAttribute",      "Subscribe",         "EnableDomain:6",    "EnableCallback:17",
        "EnableCallback:18",         "EnableCallback:13", "EnableCallback:20", "ActivityRegisterTimestampCallback",
        "ActivityRegisterCallbacks", "ActivityEnable:10"};
    start();
    for (size_t i = 1; i < ARRAY_LEN(order); i++)
        cr_expect_lt(place(order[i - 1]), place(order[i]), "%s before %s", order[i - 1], order[i]);
    cr_expect_eq(script.enabled, 10);
    cr_expect_null(strstr(text_get(&script.calls), "ActivityEnable:3 "), "KERNEL would run kernels one by one");
    const uint64_t before = script.time();
    cr_expect_leq(before, script.time());
    cr_assert_eq(session_stop(&s).code, ERR_NONE);
    cr_expect_lt(place("ActivityFlushAll:0"), place("ActivityDisable:10"));
    cr_expect_lt(place("ActivityDisable:10"), place("ActivityFlushAll:1"));
    cr_expect(script.enabled == 0 && script.subscribed == 1, "buffers are still to be read");
    cr_assert_eq(session_stop(&s).code, ERR_NONE, "the second time there is nothing to do");
    session_end(&s);
    session_end(&s);
    cr_expect_lt(place("ActivityFlushAll:1"), place("Unsubscribe"));
    cr_expect(script.enabled == 0 && script.subscribed == 0);
}

static void expect_one_line(struct err e, const char *word)
{
    cr_expect_eq(e.code, ERR_ABSENT, "code %d", e.code);
    cr_expect(e.text && *e.text && !strchr(e.text, '\n'), "%s", err_text(e));
    cr_expect(strstr(err_text(e), word), "no %s in: %s", word, err_text(e));
}

Test(cupti_session, refused_at_each_step)
{
    static const char *const steps[] = {"ActivitySetAttribute:9",
                                        "Subscribe",
                                        "EnableDomain:6",
                                        "EnableCallback:20",
                                        "ActivityRegisterTimestampCallback",
                                        "ActivityRegisterCallbacks",
                                        "ActivityEnable:10",
                                        "ActivityEnable:39"};
    static const struct {
        CUptiResult result;
        const char *word;
    } results[] = {
        {CUPTI_ERROR_INSUFFICIENT_PRIVILEGES, "NVreg_RestrictProfilingToAdminUsers=0"},
        {CUPTI_ERROR_NOT_INITIALIZED, "driver"},
        {CUPTI_ERROR_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED, "confidential"},
        {(CUptiResult)RESULT_MIG_DEVICE_NOT_SUPPORTED, "MIG"},
        {CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED, "taken by"},
        {CUPTI_ERROR_UNKNOWN, "no device"},
        {(CUptiResult)12345, "error 12345"},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        for (size_t k = 0; k < ARRAY_LEN(results); k++) {
            if (!strcmp(steps[i], "ActivitySetAttribute:9"))
                cr_assert_eq(CUPTI_ACTIVITY_ATTR_PER_THREAD_ACTIVITY_BUFFER, 9);
            script.refuse = steps[i];
            script.result = results[k].result;
            struct err e = session_start(&s);
            expect_one_line(e, results[k].word);
            cr_expect(script.enabled == 0 && script.subscribed == 0, "%s leaves something behind", steps[i]);
            cr_expect(s.enabled == 0 && !s.subscriber);
            err_free(&e);
        }
    script.refuse = NULL;
    start();
    cr_expect_eq(session_stop(&s).code, ERR_NONE);
}

Test(cupti_session, taken_by_somebody)
{
    script.refuse = "Subscribe";
    script.result = CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED;
    script.taken = CUPTI_HAS_SUBSCRIBE_V2 ? "Nsight Systems" : NULL;
    struct err e = session_start(&s);
    expect_one_line(e, CUPTI_HAS_SUBSCRIBE_V2 ? "'Nsight Systems'" : "another profiler");
    err_free(&e);
#if CUPTI_HAS_SUBSCRIBE_V2
    s.cupti.Subscribe_v2 = NULL; /* of an older library */
    e = session_start(&s);
    expect_one_line(e, "another profiler");
    err_free(&e);
#endif
}

Test(cupti_session, kinds_that_may_be_missing)
{
    script.refuse = "ActivityEnable:17";
    script.result = CUPTI_ERROR_NOT_SUPPORTED;
    start();
    cr_expect_eq(script.enabled, 9);
    cr_expect_eq(session_stop(&s).code, ERR_NONE);
    cr_expect_eq(script.enabled, 0);
}

Test(cupti_session, buffers)
{
    uint8_t *bytes;
    size_t size, most;
    start();
    script.request(&bytes, &size, &most);
    cr_assert(bytes);
    cr_expect(size == BUFFER_BYTES && most == 0 && (uintptr_t)bytes % BUFFER_ALIGNMENT == 0);
    script.dropped = 3;
    script.complete(NULL, 0, bytes, size, 96);
    script.dropped = 4;
    script.complete(NULL, 0, NULL, 0, 0);
    cr_expect_eq(session_dropped(), 7);
    cr_assert(session_buffers()->full);
    cr_expect(session_buffers()->full->bytes == bytes && session_buffers()->full->valid == 96);
    cr_expect_eq(session_stop(&s).code, ERR_NONE);
    script.request(&bytes, &size, &most); /* it may ask when all is over */
    cr_assert(bytes);
    script.complete(NULL, 0, bytes, size, 0);
}

/* Where no memory is left the oldest buffer is used anew: its records count as dropped. */
Test(cupti_session, buffers_that_are_lost)
{
    uint8_t *bytes;
    size_t size, most;
    struct canned c = {0};
    start();
    session_buffers()->most = BUFFER_BYTES;
    script.request(&bytes, &size, &most);
    canned_each(&c);
    memcpy(bytes, c.bytes, c.size);
    script.complete(NULL, 0, bytes, size, c.size - 1); /* the last one is cut off */
    script.request(&bytes, &size, &most);
    cr_assert(bytes);
    cr_expect_eq(session_dropped(), CANNED_KINDS, "%lu", (unsigned long)session_dropped());
    script.complete(NULL, 0, bytes, size, 0);
    cr_expect_eq(session_stop(&s).code, ERR_NONE);
    canned_free(&c);
}

static void tell(CUpti_CallbackId id, uintptr_t node, uintptr_t original)
{
    CUpti_GraphData graph = {.node = script_node(node), .originalNode = script_node(original)};
    CUpti_ResourceData resource = {.resourceDescriptor = &graph};
    session_callback(&s, CUPTI_CB_DOMAIN_RESOURCE, id, &resource);
}

Test(cupti_session, nodes_of_graphs)
{
    start();
    labels_launch_begin(4);
    tell(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, 101, 0);
    labels_launch_end(&s.labels, 1);
    tell(CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATE_STARTING, 0, 0);
    tell(CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED, 201, 101);
    tell(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, 202, 0);
    tell(CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATED, 0, 0);
    tell(CUPTI_CBID_RESOURCE_GRAPHNODE_DESTROY_STARTING, 101, 0);
    cr_expect_eq(labels_find(&s.labels, 101), 4);
    cr_expect_eq(labels_find(&s.labels, 201), 4);
    cr_expect_eq(labels_find(&s.labels, 202), ID_NONE);
    cr_expect_eq(s.failed.code, ERR_NONE);
    session_callback(&s, CUPTI_CB_DOMAIN_RESOURCE, CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, NULL);
    session_callback(&s, CUPTI_CB_DOMAIN_DRIVER_API, 1, NULL);
    script.refuse = "GetGraphNodeId";
    script.result = CUPTI_ERROR_INVALID_PARAMETER;
    tell(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, 103, 0);
    expect_one_line(s.failed, "node");
    cr_expect_eq(session_stop(&s).code, ERR_NONE);
}

Test(cupti_session, fatal_error)
{
    CUpti_StateData state = {.notification = {.result = CUPTI_ERROR_UNKNOWN, .message = "the device is lost"}};
    start();
    session_callback(&s, CUPTI_CB_DOMAIN_STATE, CUPTI_CBID_STATE_WARNING, &state);
    cr_expect_eq(s.failed.code, ERR_NONE);
    session_callback(&s, CUPTI_CB_DOMAIN_STATE, CUPTI_CBID_STATE_FATAL_ERROR, &state);
    session_callback(&s, CUPTI_CB_DOMAIN_STATE, CUPTI_CBID_STATE_FATAL_ERROR, NULL);
    cr_expect_eq(s.failed.code, ERR_INVALID);
    cr_expect(strstr(err_text(s.failed), "the device is lost"), "%s", err_text(s.failed));
    script.refuse = "ActivityFlushAll:0";
    script.result = CUPTI_ERROR_NOT_INITIALIZED;
    struct err e = session_stop(&s);
    cr_expect_neq(e.code, ERR_NONE);
    session_end(&s);
    cr_expect(script.enabled == 0 && script.subscribed == 0);
    err_free(&e);
}
