#include "tests/runtime/recorder.h"

#include <stdlib.h>

#include "pipeline/runtime/reference/reference.h"

struct recorder recorder;

/* Runs in order; the list owns its links, not the kernels. */
struct queued {
    const struct kernel *kernel;
    struct queued *next;
};

static void note(char letter)
{
    if (recorder.length + 1 < sizeof recorder.log)
        recorder.log[recorder.length++] = letter;
}

/* Whether this call, one of those that are counted down, is the one to fail. */
static bool fails(int *countdown)
{
    return *countdown > 0 && !--*countdown;
}

static void append(struct queued **list, const struct kernel *k)
{
    while (*list)
        list = &(*list)->next;
    *list = malloc(sizeof **list);
    **list = (struct queued){k, NULL};
}

static void drop(struct queued *list)
{
    for (struct queued *next; list; list = next) {
        next = list->next;
        free(list);
    }
}

static struct err drain(void)
{
    struct err e = OK;
    for (const struct queued *q = recorder.pending; q && !e.code; q = q->next) {
        note('x');
        e = q->kernel->class->run(q->kernel->own);
    }
    drop(recorder.pending);
    recorder.pending = NULL;
    return e;
}

static struct err kernel_load(void *own, const struct loader *loader, void *weights)
{
    const struct kernel *k = own;
    return k->class->load(k->own, loader, weights);
}

static struct err kernel_bind(void *own, const struct binding *b)
{
    const struct kernel *k = own;
    return k->class->bind(k->own, b);
}

static struct err kernel_run(void *own)
{
    if (fails(&recorder.fail_run))
        return err_fail("a run failed");
    note(recorder.recording ? 'c' : 'r');
    append(recorder.recording ? &recorder.recorded : &recorder.pending, own);
    return OK;
}

static void kernel_free(void *own)
{
    struct kernel *k = own;
    if (k)
        k->class->free(k->own);
    free(k);
}

static struct err recorder_open(const struct backend_options *options, void **state)
{
    *state = &recorder;
    return backend_reference.open(options, &recorder.reference);
}

static void recorder_close(void *state)
{
    (void)state;
    drop(recorder.pending);
    recorder.pending = NULL;
    backend_reference.close(recorder.reference);
}

static struct err recorder_copy_in(void *state, void *to, const void *host, size_t bytes)
{
    (void)state;
    note('i');
    TRY(drain());
    return backend_reference.copy_in(recorder.reference, to, host, bytes);
}

static struct err recorder_copy_out(void *state, void *host, const void *from, size_t bytes)
{
    (void)state;
    note('o');
    TRY(drain());
    return backend_reference.copy_out(recorder.reference, host, from, bytes);
}

static struct err recorder_choose(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    static const struct kernel_class class = {kernel_load, kernel_bind, kernel_run, kernel_free};
    (void)state;
    struct kernel *inner = calloc(1, sizeof *inner);
    struct err e = backend_reference.choose(recorder.reference, g, node, inner);
    *out = *inner;
    out->class = &class;
    out->own = inner;
    return e;
}

static struct err recorder_finish(void *state)
{
    (void)state;
    note('f');
    TRY(drain());
    return fails(&recorder.fail_finish) ? err_fail("the device failed meanwhile") : OK;
}

static struct err record_begin(void *state)
{
    (void)state;
    if (fails(&recorder.fail_begin))
        return err_fail("no recording can begin");
    note('[');
    recorder.recording = true;
    return OK;
}

static struct err record_end(void *state, void **recording)
{
    (void)state;
    note(']');
    *recording = NULL;
    recorder.recording = false;
    struct queued *made = recorder.recorded;
    recorder.recorded = NULL;
    if (fails(&recorder.fail_end)) {
        drop(made);
        return err_fail("the recording is broken");
    }
    *recording = made;
    recorder.recordings += made != NULL; /* of nothing there is nothing to forget */
    return OK;
}

static size_t recorded(void *state)
{
    size_t count = 0;
    (void)state;
    for (const struct queued *q = recorder.recorded; q; q = q->next)
        count++;
    return count;
}

/* The last first, since an order is not promised; 100 is the first node's. */
static size_t recorded_ids(void *state, uint64_t *id, size_t most)
{
    const size_t there = recorded(state),
                 known = recorder.ids && recorder.ids < (int)there ? (size_t)recorder.ids : there;
    size_t count = 0;
    for (; count < known && count < most; count++)
        id[count] = 100 + there - 1 - count;
    return count;
}

static struct err replay(void *state, void *recording)
{
    (void)state;
    note('R');
    for (const struct queued *q = recording; q; q = q->next)
        append(&recorder.pending, q->kernel);
    return OK;
}

static void forget(void *state, void *recording)
{
    (void)state;
    if (!recording)
        return;
    note('F');
    recorder.recordings--;
    drop(recording);
}

static struct err recorder_allocate(void *state, size_t bytes, void **memory)
{
    (void)state;
    return backend_reference.allocate(recorder.reference, bytes, memory);
}

static void recorder_release(void *state, void *memory, size_t bytes)
{
    (void)state;
    backend_reference.release(recorder.reference, memory, bytes);
}

const struct backend backend_recorder = {
    .name = "recorder",
    .summary = "records launches",
    .half = DTYPE_bf16,
    .computes = true,
    .captures = true,
    .open = recorder_open,
    .close = recorder_close,
    .allocate = recorder_allocate,
    .release = recorder_release,
    .copy_in = recorder_copy_in,
    .copy_out = recorder_copy_out,
    .choose = recorder_choose,
    .finish = recorder_finish,
    .record_begin = record_begin,
    .record_end = record_end,
    .recorded = recorded,
    .recorded_ids = recorded_ids,
    .replay = replay,
    .forget = forget,
};
