/* CUPTI on the host, for tests of what traces with it: the functions of activity records and callbacks, against
 * NVIDIA's headers. The host's CUDA (fake.h) tells it what happens; a process finds it as libcupti.so in the folder of
 * the others. Times are those that the work took on the host, by the client's clock.
 *
 * There are records of kernels, copies, memsets, calls of the runtime and of the driver (what libraries launch),
 * external ids before each call within a region, synchronization, and the overhead of asking for a buffer; other kinds
 * may be turned on and stay empty, but for those that CUDA 13 has no more. Callbacks: nodes of graphs created and
 * cloned, executable graphs begun, made and destroyed, fatal errors. As CUPTI may, it tells within an instantiation,
 * too, that the cloned nodes were created.
 *
 * Without a device or a driver (SDBENCH_FAKE_DEVICES=0) calls end with CUPTI_ERROR_UNKNOWN, as CUPTI's do, and with an
 * old driver with CUPTI_ERROR_NOT_INITIALIZED.
 *
 * SDBENCH_FAKE_CUPTI, read when the library is loaded, is a comma-separated list of what goes wrong:
 *
 *   busy       another tool has subscribed, and has a name
 *   old        the library's version is that of CUDA 12.4
 *   denied     no activity may be enabled for lack of privileges
 *   drop:N     N records of kernels, copies and memsets are dropped, and counted; N is 1 where it is not given
 *   extra      after each launch of a graph a kernel of a node that nobody knows
 *   relabel    the first and the last node of each executable graph were cloned from each other's original, it says
 *   truncated  the first buffer ends within its last record
 *
 * and of the kernels, in the order in which they ran, one (NAME is the first, NAME:N the N-th) or many (NAME:N/M the
 * N-th and every M-th from there on):
 *
 *   zero       has times of zero
 *   inverted   ends before it starts
 *   lost       has no record, and is not counted as dropped
 *   overlap    starts when the work before it on the same stream did; counts only kernels that have such
 *   unknown    is followed by a record of a kind that the headers do not know
 *   fatal      is followed by a fatal error, which the state callback tells, and by no more records */
#include "tests/cuda/host/fake_cupti.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLBACK_IDS = 64, OLD_VERSION = 22 /* of CUDA 12.4 */ };

struct CUpti_Subscriber_st {
    bool there;
    CUpti_CallbackFunc function;
    void *user;
    char name[CUPTI_SUBSCRIBER_NAME_MAX_LEN + 1];
    bool enabled[CUPTI_CB_DOMAIN_SIZE][CALLBACK_IDS];
};
static struct CUpti_Subscriber_st subscriber;
static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void lock(void)
{
    pthread_mutex_lock(&mutex);
}

void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static struct {
    const char *name;
    bool on;
    long first, every, times;
} flaws[FLAW_COUNT] = {
#define ROW(flaw) {.name = #flaw},
    FLAWS(ROW)
#undef ROW
};

/* A word that is none of them ends the process: a test would pass for nothing. */
__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("SDBENCH_FAKE_CUPTI");
    while (text && *text) {
        size_t name = strcspn(text, ":,"), word = strcspn(text, ","), i = 0;
        while (i < FLAW_COUNT && (strlen(flaws[i].name) != name || strncmp(flaws[i].name, text, name) != 0))
            i++;
        long first = 1, every = 0;
        if (i == FLAW_COUNT || (name < word && sscanf(text + name, ":%ld/%ld", &first, &every) < 1)) {
            fprintf(stderr, "fake: SDBENCH_FAKE_CUPTI: %.*s\n", (int)word, text);
            abort();
        }
        flaws[i].on = true;
        flaws[i].first = first;
        flaws[i].every = every;
        text += word + (text[word] == ',');
    }
}

bool flaw_on(enum flaw f)
{
    return flaws[f].on;
}

bool flaw_now(enum flaw f)
{
    lock();
    long past = ++flaws[f].times - flaws[f].first;
    unlock();
    return flaws[f].on && (past == 0 || (past > 0 && flaws[f].every > 0 && past % flaws[f].every == 0));
}

bool flaw_first(enum flaw f)
{
    lock();
    bool first = ++flaws[f].times <= flaws[f].first;
    unlock();
    return flaws[f].on && first;
}

CUptiResult cupti_begin(void)
{
    cudaError_t e = fake_usable();
    if (e)
        return e == cudaErrorInsufficientDriver ? CUPTI_ERROR_NOT_INITIALIZED : CUPTI_ERROR_UNKNOWN;
    fake_attach(&cupti_tool);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetVersion(uint32_t *version)
{
    if (!version)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *version = flaw_on(FLAW_old) ? OLD_VERSION : CUPTI_API_VERSION;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiFinalize(void)
{
    fake_attach(NULL);
    lock();
    subscriber = (struct CUpti_Subscriber_st){0};
    unlock();
    records_end();
    return CUPTI_SUCCESS;
}

CUptiResult cuptiSubscribe_v2(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user,
                              CUpti_SubscriberParams *params)
{
    if (!out || (params && params->structSize < CUpti_SubscriberParams_STRUCT_SIZE))
        return CUPTI_ERROR_INVALID_PARAMETER;
    CUptiResult r = cupti_begin();
    if (r)
        return r;
    lock();
    bool taken = subscriber.there || flaw_on(FLAW_busy);
    if (taken && params && params->oldSubscriberName && params->oldSubscriberSize)
        snprintf(params->oldSubscriberName, params->oldSubscriberSize, "%s%s",
                 subscriber.there ? "CUPTI for " : "Nsight Systems", subscriber.name);
    if (!taken) {
        subscriber = (struct CUpti_Subscriber_st){.there = true, .function = function, .user = user};
        if (params && params->subscriberName)
            snprintf(subscriber.name, sizeof subscriber.name, "%s", params->subscriberName);
        *out = &subscriber;
    }
    unlock();
    return taken ? CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED : CUPTI_SUCCESS;
}

CUptiResult cuptiSubscribe(CUpti_SubscriberHandle *out, CUpti_CallbackFunc function, void *user)
{
    return cuptiSubscribe_v2(out, function, user, NULL);
}

static bool is_subscriber(CUpti_SubscriberHandle s)
{
    return s == &subscriber && s->there;
}

CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle s)
{
    if (!is_subscriber(s))
        return CUPTI_ERROR_INVALID_PARAMETER;
    lock();
    subscriber = (struct CUpti_Subscriber_st){0};
    unlock();
    return CUPTI_SUCCESS;
}

static bool is_domain(CUpti_CallbackDomain d)
{
    return d > CUPTI_CB_DOMAIN_INVALID && d < CUPTI_CB_DOMAIN_SIZE;
}

CUptiResult cuptiEnableDomain(uint32_t enable, CUpti_SubscriberHandle s, CUpti_CallbackDomain domain)
{
    if (!is_subscriber(s) || !is_domain(domain))
        return CUPTI_ERROR_INVALID_PARAMETER;
    lock();
    for (int i = 0; i < CALLBACK_IDS; i++)
        s->enabled[domain][i] = enable != 0;
    unlock();
    return CUPTI_SUCCESS;
}

/* Calls' numbers go beyond those here; there are no callbacks for calls. */
CUptiResult cuptiEnableCallback(uint32_t enable, CUpti_SubscriberHandle s, CUpti_CallbackDomain domain,
                                CUpti_CallbackId cbid)
{
    if (!is_subscriber(s) || !is_domain(domain) || cbid == 0)
        return CUPTI_ERROR_INVALID_PARAMETER;
    if ((domain == CUPTI_CB_DOMAIN_RESOURCE && cbid >= CUPTI_CBID_RESOURCE_SIZE) ||
        (domain == CUPTI_CB_DOMAIN_STATE && cbid >= CUPTI_CBID_STATE_SIZE))
        return CUPTI_ERROR_INVALID_PARAMETER;
    lock();
    if (cbid < CALLBACK_IDS)
        s->enabled[domain][cbid] = enable != 0;
    unlock();
    return CUPTI_SUCCESS;
}

void callback(CUpti_CallbackDomain domain, CUpti_CallbackId cbid, const void *data)
{
    lock();
    CUpti_CallbackFunc function = subscriber.enabled[domain][cbid] ? subscriber.function : NULL;
    void *user = subscriber.user;
    unlock();
    if (function)
        function(user, domain, cbid, data);
}
