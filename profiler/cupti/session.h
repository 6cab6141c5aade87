/* CUPTI at work: set up before the driver starts and before any graph is made, told what is launched, read at the end.
 *
 * There is one in a process: correlation ids of graph launches are wrong in later ones (fixed in CUDA 13.1 Update 1),
 * and a clock that is registered again spoils the first records. */
#ifndef SDBENCH_CUPTI_SESSION_H
#define SDBENCH_CUPTI_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "profiler/cupti/buffers.h"
#include "profiler/cupti/calls.h"
#include "profiler/cupti/labels.h"
#include "profiler/trace/trace.h"

struct session {
    struct cupti cupti;
    struct trace *trace;
    CUpti_SubscriberHandle subscriber; /* NULL: not subscribed */
    uint32_t enabled;                  /* bit i: kind i of session.c's table */
    struct labels labels;
    pthread_mutex_t lock;
    struct err failed; /* the first thing that went wrong in a callback, or while ids were set */
};

/* All of it or nothing. ERR_ABSENT with one line. */
struct err session_start(struct session *s);

/* No more is recorded; all buffers that CUPTI held are back, and can be read until the session ends. */
struct err session_stop(struct session *s);
void session_end(struct session *s);

/* Keeps the first error, and frees others. On any thread. */
void session_note(struct session *s, struct err e);

/* Buffers outlive a session: CUPTI may ask for one at any time once it knows how. */
struct buffers *session_buffers(void);
uint64_t session_dropped(void); /* records that CUPTI had no place for, and those of buffers that were used anew */

/* callbacks.c: what CUPTI calls. user is the session. */
void CUPTIAPI session_callback(void *user, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void *data);
extern const CUpti_CallbackId session_resources[]; /* ends with CUPTI_CBID_RESOURCE_INVALID */

#endif
