/* Buffers between CUPTI and us: kept in order, used again, and never refused while there is one. */
#include "profiler/cupti/buffers.h"

#include <criterion/criterion.h>
#include <pthread.h>

static struct buffers b;

static struct {
    int count;
    uint8_t first;
    size_t valid;
} lost;

static void on_lost(void *context, const uint8_t *bytes, size_t valid)
{
    cr_expect_eq(context, &lost);
    lost.count++;
    lost.first = bytes[0];
    lost.valid = valid;
}

static void open_with(size_t count)
{
    buffers_open(&b, count * BUFFER_BYTES);
    b.lost = on_lost;
    b.context = &lost;
}

static void close_buffers(void)
{
    buffers_close(&b);
    cr_expect_eq(b.held, 0, "all are freed");
}

TestSuite(cupti_buffers, .fini = close_buffers);

static uint8_t *take(uint8_t mark)
{
    uint8_t *bytes = buffers_take(&b);
    cr_assert(bytes);
    cr_expect_eq((uintptr_t)bytes % BUFFER_ALIGNMENT, 0);
    bytes[0] = bytes[BUFFER_BYTES - 1] = mark;
    return bytes;
}

Test(cupti_buffers, kept_in_order)
{
    open_with(10);
    uint8_t *x = take(1), *y = take(2), *z = take(3);
    buffers_give(&b, y, 100);
    buffers_give(&b, z, BUFFER_BYTES + 1); /* more than there is */
    buffers_give(&b, x, 7);
    cr_assert(b.full && b.full->next && b.full->next->next && !b.full->next->next->next);
    cr_expect(b.full->bytes == y && b.full->valid == 100);
    cr_expect(b.full->next->bytes == z && b.full->next->valid == BUFFER_BYTES);
    cr_expect(b.full->next->next->bytes == x && b.full->next->next->valid == 7);
    cr_expect_eq(lost.count, 0);
}

Test(cupti_buffers, empty_ones_are_used_again)
{
    open_with(10);
    uint8_t *x = take(1);
    buffers_give(&b, x, 0);
    cr_expect_null(b.full);
    cr_expect_eq(take(2), x);
    cr_expect_eq(b.held, BUFFER_BYTES);
    buffers_give(&b, x, 0);
}

Test(cupti_buffers, the_oldest_is_lost)
{
    open_with(2);
    uint8_t *x = take(1), *y = take(2);
    cr_expect_null(buffers_take(&b), "all are out");
    buffers_give(&b, x, 10);
    buffers_give(&b, y, 20);
    cr_expect_eq(take(3), x);
    cr_expect(lost.count == 1 && lost.first == 1 && lost.valid == 10);
    cr_expect(b.full && b.full->bytes == y && !b.full->next);
    cr_expect_eq(take(4), y);
    cr_expect_eq(lost.count, 2);
    buffers_give(&b, y, 1);
    buffers_give(&b, x, 1);
    cr_expect(b.full->bytes == y && b.full->next->bytes == x);
}

static void *take_and_give(void *unused)
{
    for (size_t i = 0; i < 2000; i++) {
        uint8_t *bytes = buffers_take(&b);
        if (bytes)
            buffers_give(&b, bytes, i % 2);
    }
    return unused;
}

Test(cupti_buffers, threads)
{
    pthread_t thread[4];
    open_with(3);
    b.lost = NULL;
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, take_and_give, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    size_t count = 0;
    for (const struct buffer *x = b.full; x; x = x->next)
        count++;
    for (const struct buffer *x = b.idle; x; x = x->next)
        count++;
    cr_expect_eq(count * BUFFER_BYTES, b.held);
}
