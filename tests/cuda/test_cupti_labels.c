/* Which launch a graph's node is of: by callbacks, while a thread records and makes ready, and by the runtime's ids. */
#include "profiler/cupti/labels.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "pipeline/base/error.h"

static struct labels l;

static void open_labels(void)
{
    labels_open(&l);
}

static void close_labels(void)
{
    labels_close(&l);
}

TestSuite(cupti_labels, .init = open_labels, .fini = close_labels);

static void record_node(int32_t launch, uint64_t node, uint64_t recorded)
{
    labels_launch_begin(launch);
    labels_node_created(&l, node);
    labels_launch_end(&l, recorded);
}

Test(cupti_labels, nodes_of_a_recording)
{
    labels_node_created(&l, 100); /* between launches */
    record_node(3, 101, 1);
    labels_launch_begin(4);
    labels_node_created(&l, 102);
    labels_node_created(&l, 103);
    labels_launch_end(&l, 2);
    cr_expect_eq(labels_find(&l, 100), ID_NONE);
    cr_expect_eq(labels_find(&l, 101), 3);
    cr_expect_eq(labels_find(&l, 102), 4);
    cr_expect_eq(labels_find(&l, 103), 4);
    cr_expect_eq(labels_find(&l, 104), ID_NONE);
    cr_expect_eq(labels_find(&l, 0), ID_NONE);
    cr_expect_eq(l.conflicts, 0);
}

/* The second time the originals still have theirs. */
Test(cupti_labels, made_ready_twice)
{
    record_node(3, 101, 1);
    for (uint64_t copy = 201; copy <= 301; copy += 100) {
        labels_instantiate_begin();
        labels_node_cloned(&l, 101, copy);
        labels_node_created(&l, copy + 1); /* the driver's own */
        labels_instantiate_end();
        cr_expect_eq(labels_find(&l, copy), 3, "copy %lu", (unsigned long)copy);
        cr_expect_eq(labels_find(&l, copy + 1), ID_NONE);
    }
    labels_node_cloned(&l, 301, 401); /* a copy of a copy */
    labels_node_cloned(&l, 999, 402); /* of what nobody knows */
    cr_expect_eq(labels_find(&l, 401), 3);
    cr_expect_eq(labels_find(&l, 402), ID_NONE);
    cr_expect_eq(labels_find(&l, 101), 3);
}

/* Inside a launch too: what is made ready adds nothing to it. */
Test(cupti_labels, created_while_made_ready)
{
    labels_launch_begin(5);
    labels_node_created(&l, 101);
    labels_instantiate_begin();
    labels_node_created(&l, 102);
    labels_instantiate_end();
    labels_launch_end(&l, 1);
    cr_expect_eq(labels_find(&l, 101), 5);
    cr_expect_eq(labels_find(&l, 102), ID_NONE);
    cr_expect_eq(l.conflicts, 0);
}

/* Where it fails its end is not told: the next launch is not mistaken for a part of it. */
Test(cupti_labels, making_ready_failed)
{
    labels_instantiate_begin();
    record_node(6, 101, 1);
    cr_expect_eq(labels_find(&l, 101), 6);
    labels_instantiate_end();
    labels_instantiate_end();
    record_node(7, 102, 1);
    cr_expect_eq(labels_find(&l, 102), 7);
    cr_expect_eq(l.conflicts, 0);
}

Test(cupti_labels, an_id_comes_back)
{
    record_node(3, 101, 1);
    record_node(8, 101, 1);
    cr_expect_eq(labels_find(&l, 101), 8);
    labels_node_created(&l, 101);
    cr_expect_eq(labels_find(&l, 101), ID_NONE);
}

/* By capture order a launch added other nodes than by callbacks. */
Test(cupti_labels, conflicts)
{
    record_node(1, 101, 3); /* two are missing */
    cr_expect_eq(l.conflicts, 2);
    labels_launch_begin(2);
    for (uint64_t node = 102; node < 106; node++)
        labels_node_created(&l, node);
    labels_launch_end(&l, 1); /* three too many */
    cr_expect_eq(l.conflicts, 5);
    labels_launch_begin(3);
    labels_launch_end(&l, 1); /* no callback came at all */
    cr_expect_eq(l.conflicts, 6);
    record_node(4, 106, 0); /* capture order is not known */
    cr_expect_eq(l.conflicts, 6);
}

/* What the runtime says of a launch that recorded nodes first .. first + count; callbacks told of the first `told`. */
static void record_both(int32_t launch, uint64_t first, uint64_t count, uint64_t told)
{
    uint64_t node[8];
    cr_assert_leq(count, ARRAY_LEN(node));
    labels_launch_begin(launch);
    for (uint64_t i = 0; i < count; i++) {
        node[count - 1 - i] = first + i;
        if (i < told)
            labels_node_created(&l, first + i);
    }
    labels_nodes_recorded(&l, node, count);
    labels_launch_end(&l, count);
}

/* Without a callback, with all of them, with some: it is the same. */
Test(cupti_labels, by_the_runtimes_ids)
{
    for (uint64_t told = 0; told <= 3; told++) {
        const uint64_t first = 100 * told + 100;
        record_both(7 + (int32_t)told, first, 3, told);
        labels_node_cloned(&l, first + 2, first + 50);
        for (uint64_t i = 0; i < 3; i++)
            cr_expect_eq(labels_find(&l, first + i), 7 + (int32_t)told, "%lu of 3 told", (unsigned long)told);
        cr_expect_eq(labels_find(&l, first + 50), 7 + (int32_t)told, "and its copy");
    }
    cr_expect_eq(l.conflicts, 0);
    record_both(20, 100, 3, 0); /* the ids come back */
    cr_expect_eq(labels_find(&l, 102), 20);
    cr_expect_eq(l.conflicts, 0);
    labels_nodes_recorded(&l, &(uint64_t){999}, 1); /* in no launch */
    cr_expect_eq(labels_find(&l, 999), ID_NONE);
}

Test(cupti_labels, the_runtimes_ids_against_callbacks)
{
    const uint64_t of_another = 101, of_nobody = 100, of_none = 0;
    labels_node_created(&l, of_nobody);
    record_node(1, of_another, 1);
    labels_launch_begin(2);
    labels_nodes_recorded(&l, &of_another, 1);
    labels_launch_end(&l, 1);
    cr_expect_eq(l.conflicts, 1);
    cr_expect_eq(labels_find(&l, of_another), 1, "the first stays");
    labels_launch_begin(3);
    labels_nodes_recorded(&l, &of_nobody, 1);
    labels_launch_end(&l, 1);
    cr_expect_eq(l.conflicts, 2);
    labels_launch_begin(4); /* callbacks have one more than the runtime */
    labels_node_created(&l, 102);
    labels_node_created(&l, 103);
    labels_nodes_recorded(&l, &(uint64_t){102}, 1);
    labels_launch_end(&l, 1);
    cr_expect_eq(l.conflicts, 3);
    labels_launch_begin(5); /* and have another one */
    labels_node_created(&l, 104);
    labels_nodes_recorded(&l, &(uint64_t){105}, 1);
    labels_launch_end(&l, 1);
    cr_expect_eq(l.conflicts, 4);
    labels_launch_begin(6); /* an id that is none */
    labels_nodes_recorded(&l, &of_none, 1);
    labels_launch_end(&l, 1);
    cr_expect_eq(l.conflicts, 5);
    cr_expect_not(l.no_memory);
}

Test(cupti_labels, launches_nest)
{
    labels_launch_begin(1);
    record_node(2, 102, 1);
    labels_node_created(&l, 101);
    labels_launch_end(&l, 1);
    cr_expect_eq(labels_find(&l, 101), 1);
    cr_expect_eq(labels_find(&l, 102), 2);
    cr_expect_eq(l.conflicts, 0);
    for (int32_t depth = 0; depth < 100; depth++)
        labels_launch_begin(depth);
    labels_node_created(&l, 103); /* deeper than is remembered */
    for (int32_t depth = 0; depth < 100; depth++)
        labels_launch_end(&l, 0);
    cr_expect_eq(labels_find(&l, 103), ID_NONE);
    labels_launch_end(&l, 7); /* one too many */
    record_node(9, 104, 1);
    cr_expect_eq(labels_find(&l, 104), 9);
    cr_expect_eq(l.conflicts, 0);
}

static void *record_on_a_thread(void *first)
{
    const uint64_t base = *(const uint64_t *)first;
    for (uint64_t i = 0; i < 10000; i++)
        record_node((int32_t)(base + i), base + i, 1);
    return NULL;
}

Test(cupti_labels, threads)
{
    uint64_t base[] = {1000000, 2000000};
    pthread_t thread[2];
    labels_launch_begin(5);
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, record_on_a_thread, &base[i]), 0);
    labels_node_created(&l, 101);
    for (size_t i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    labels_launch_end(&l, 1);
    cr_expect_eq(labels_find(&l, 101), 5);
    for (size_t i = 0; i < 2; i++)
        for (uint64_t k = 0; k < 10000; k++)
            cr_assert_eq(labels_find(&l, base[i] + k), (int32_t)(base[i] + k));
    cr_expect_eq(l.conflicts, 0);
}
