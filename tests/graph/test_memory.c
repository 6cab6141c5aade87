/* The memory planner: what lives at one time never overlaps, and little is wasted. */
#include <stdint.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "pipeline/base/error.h"
#include "pipeline/runtime/memory.h"

enum { A = MEMORY_ALIGN };

static size_t aligned(size_t bytes)
{
    return (bytes + A - 1) / A * A;
}

static bool together(const struct span *a, const struct span *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static bool overlap(const struct span *a, const struct span *b)
{
    return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* The most that lives at one time: no plan is smaller. */
static size_t peak(const struct span *span, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t sum = 0;
        for (size_t j = 0; j < count; j++)
            sum += span[j].first <= span[i].first && span[i].first <= span[j].last ? aligned(span[j].bytes) : 0;
        most = sum > most ? sum : most;
    }
    return most;
}

static size_t check(struct span *span, size_t count, unsigned instance)
{
    size_t size = memory_plan(span, count), end = 0;
    for (size_t i = 0; i < count; i++) {
        cr_assert(span[i].offset % A == 0, "instance %u: span %zu at %zu", instance, i, span[i].offset);
        end = span[i].offset + aligned(span[i].bytes) > end ? span[i].offset + aligned(span[i].bytes) : end;
        for (size_t j = 0; j < i; j++)
            cr_assert(!together(&span[i], &span[j]) || !overlap(&span[i], &span[j]),
                      "instance %u: spans %zu and %zu overlap", instance, j, i);
    }
    cr_assert(size == end, "instance %u: size %zu, but spans end at %zu", instance, size, end);
    cr_assert(size >= peak(span, count), "instance %u: smaller than possible", instance);
    return size;
}

Test(memory, random_lives_do_not_overlap)
{
    enum { MOST = 80 };
    uint64_t random = 1;
    double waste = 0;
    const unsigned instances = 300;
    for (unsigned k = 0; k < instances; k++) {
        struct span span[MOST];
        size_t count = 1 + k % MOST;
        for (size_t i = 0; i < count; i++) {
            unsigned draw[3];
            for (int d = 0; d < 3; d++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                draw[d] = (unsigned)(random >> 40);
            }
            int first = (int)(draw[0] % 40);
            span[i] = (struct span){.bytes = draw[1] % 5000, .first = first, .last = first + (int)(draw[2] % 12)};
        }
        size_t size = check(span, count, k), least = peak(span, count);
        waste += least ? (double)size / (double)least - 1 : 0;
    }
    cr_expect(waste / instances < 0.1, "on average %.1f %% above the least possible", 100 * waste / instances);
}

Test(memory, simple_lives_are_planned_without_waste)
{
    struct span chain[] = {{100, 0, 1, 0}, {100, 1, 2, 0}, {100, 2, 3, 0}, {100, 3, 4, 0}}; /* a row of layers */
    cr_expect(check(chain, ARRAY_LEN(chain), 0) == 2 * aligned(100));
    struct span apart[] = {{A, 0, 0, 0}, {10 * A, 1, 1, 0}, {2 * A, 2, 2, 0}}; /* never together */
    cr_expect(check(apart, ARRAY_LEN(apart), 1) == 10 * A);
    struct span together_all[] = {{1, 0, 9, 0}, {A, 0, 9, 0}, {A + 1, 0, 9, 0}};
    cr_expect(check(together_all, ARRAY_LEN(together_all), 2) == A + A + 2 * A);
    struct span skip[] = {{1000, 0, 9, 0}, {200, 0, 1, 0}, {300, 1, 2, 0}, {200, 2, 3, 0}}; /* a skip over a block */
    cr_expect(check(skip, ARRAY_LEN(skip), 3) == aligned(1000) + aligned(300) + aligned(200));
    struct span gap[] = {{10 * A, 0, 2, 0}, {5 * A, 0, 0, 0}, {5 * A, 2, 2, 0}, {2 * A, 1, 1, 0}}; /* fits where others were */
    cr_expect(check(gap, ARRAY_LEN(gap), 4) == 15 * A);
}

Test(memory, nothing_to_plan)
{
    struct span empty[] = {{0, 0, 9, 0}, {0, 3, 4, 0}};
    cr_expect(memory_plan(NULL, 0) == 0);
    cr_expect(memory_plan(empty, 2) == 0);
}

/* The same spans in the same order give the same plan: plans are compared and pinned. */
Test(memory, is_deterministic)
{
    struct span a[50], b[50];
    for (int i = 0; i < 50; i++)
        a[i] = b[i] = (struct span){.bytes = (size_t)(i * 37 % 11) * A, .first = i, .last = i + i * 13 % 7};
    cr_expect(memory_plan(a, 50) == memory_plan(b, 50));
    for (int i = 0; i < 50; i++)
        cr_expect(a[i].offset == b[i].offset);
}
