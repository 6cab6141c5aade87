/* Buffers that CUPTI fills with records, on threads of its own too. Those that come back are kept whole until the end,
 * so that the host does nothing with them while it is being traced. */
#ifndef SDBENCH_CUPTI_BUFFERS_H
#define SDBENCH_CUPTI_BUFFERS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum { BUFFER_BYTES = 8 << 20, BUFFER_ALIGNMENT = 64 }; /* CUPTI advises 1 to 10 MB */
#define BUFFERS_MOST_BYTES ((size_t)4 << 30)            /* some ten million launches */

struct buffer {
    struct buffer *next;
    uint8_t *bytes;
    size_t valid; /* that hold records */
};

struct buffers {
    pthread_mutex_t lock;
    struct buffer *full, **last_full, *idle; /* full: in the order in which they came back */
    size_t held, most;                       /* bytes */
    /* A full one is used anew, since no memory is left, and its records are lost; NULL: nobody wants to know. Called
     * with no lock held. */
    void (*lost)(void *context, const uint8_t *bytes, size_t valid);
    void *context;
};

void buffers_open(struct buffers *b, size_t most_bytes);

/* BUFFER_BYTES to fill: a new one, an idle one, or the oldest full one. NULL where there is none of them at all. */
uint8_t *buffers_take(struct buffers *b);

/* One that buffers_take gave comes back. */
void buffers_give(struct buffers *b, uint8_t *bytes, size_t valid);

/* Frees all that came back. */
void buffers_close(struct buffers *b);

#endif
