#include "profiler/cupti/buffers.h"

#include <stdlib.h>

/* Its account lies before its bytes. */
enum { BEFORE = (sizeof(struct buffer) + BUFFER_ALIGNMENT - 1) / BUFFER_ALIGNMENT * BUFFER_ALIGNMENT };

void buffers_open(struct buffers *b, size_t most_bytes)
{
    *b = (struct buffers){.most = most_bytes};
    b->last_full = &b->full;
    pthread_mutex_init(&b->lock, NULL);
}

static struct buffer *make(struct buffers *b)
{
    struct buffer *x =
        b->held + BUFFER_BYTES <= b->most ? aligned_alloc(BUFFER_ALIGNMENT, BEFORE + BUFFER_BYTES) : NULL;
    if (!x)
        return NULL;
    *x = (struct buffer){.bytes = (uint8_t *)x + BEFORE};
    b->held += BUFFER_BYTES;
    return x;
}

static struct buffer *take_idle(struct buffers *b)
{
    struct buffer *x = b->idle;
    if (x)
        b->idle = x->next;
    return x;
}

static struct buffer *take_oldest(struct buffers *b)
{
    struct buffer *x = b->full;
    if (!x)
        return NULL;
    b->full = x->next;
    if (!b->full)
        b->last_full = &b->full;
    return x;
}

uint8_t *buffers_take(struct buffers *b)
{
    pthread_mutex_lock(&b->lock);
    struct buffer *x = take_idle(b);
    if (!x)
        x = make(b);
    struct buffer *oldest = x ? NULL : take_oldest(b);
    pthread_mutex_unlock(&b->lock);
    if (oldest && b->lost)
        b->lost(b->context, oldest->bytes, oldest->valid);
    return x ? x->bytes : oldest ? oldest->bytes : NULL;
}

void buffers_give(struct buffers *b, uint8_t *bytes, size_t valid)
{
    struct buffer *x = (struct buffer *)(void *)(bytes - BEFORE);
    x->valid = valid < BUFFER_BYTES ? valid : BUFFER_BYTES;
    x->next = NULL;
    pthread_mutex_lock(&b->lock);
    if (x->valid) {
        *b->last_full = x;
        b->last_full = &x->next;
    } else {
        x->next = b->idle;
        b->idle = x;
    }
    pthread_mutex_unlock(&b->lock);
}

static void free_all(struct buffers *b, struct buffer *x)
{
    while (x) {
        struct buffer *next = x->next;
        free(x);
        b->held -= BUFFER_BYTES;
        x = next;
    }
}

void buffers_close(struct buffers *b)
{
    pthread_mutex_lock(&b->lock);
    free_all(b, b->full);
    free_all(b, b->idle);
    b->full = b->idle = NULL;
    b->last_full = &b->full;
    pthread_mutex_unlock(&b->lock);
}
