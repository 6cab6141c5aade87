/* Rows of a profile, grouped: sums, shares, statistics of calls, roofs. */
#include "bench/profile/groups.h"
#include "bench/profile/roof_of.h"
#include "tests/support/made_up_profile.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(profile_groups, .timeout = 20);

static const struct made_kernel several[] = {
    {"unet/a", "gemm x", .ns = 1000, .calls = 4, .flop = 2e6, .bytes = 1e6},
    {"unet/a", "bias", .ns = 100, .calls = 4, .helper = true},
    {"unet/b", "gemm x", .ns = 3000, .calls = 2, .flop = 1e6, .bytes = 4e6},
    {"unet/c", "norm", .class = "norm", .ns = 500, .bytes = 1e6},
    {NULL, "copy to device", .class = "transfer", .ns = 300, .calls = 2},
    {NULL, "mystery", .ns = 50},
    {NULL, "nothing known", .class = "unclassified", .ns = 7},
};
enum { SEVERAL = sizeof several / sizeof *several };

/* In the groups, in order: names and totals. */
static const struct {
    const char *by, *name[4];
    double ns[4], calls[4];
} expected[] = {
    {"kernel", {"gemm x", "norm", "bias"}, {10000, 500, 400}, {6, 1, 4}},
    {"layer", {"unet/b", "unet/a", "unet/c"}, {6000, 4400, 500}, {2, 8, 1}},
    {"class", {"gemm", "norm"}, {10400, 500}, {10, 1}},
    {"block", {"a block"}, {10900}, {11}},
    {"launch", {"unet/b", "unet/a", "unet/c", "unet/a"}, {6000, 4000, 500, 400}, {2, 4, 1, 4}},
};

Test(profile_groups, by_each_grouping)
{
    const double work = 10900 + 600 + 50 + 7;
    struct profile p = made_profile(&(struct made_profile){.kernel = several, .kernels = SEVERAL});
    cr_assert_eq(ARRAY_LEN(expected), GROUPINGS);
    for (int i = 0; i < GROUPINGS; i++) {
        const struct grouping *by = grouping_find(expected[i].by);
        struct profile_groups g;
        double sum = 0;
        cr_assert(by, "%s", expected[i].by);
        cr_assert_eq(profile_groups_make(&p, by, &g).code, 0);
        for (int k = 0; k < g.groups; k++) {
            const struct profile_kernel *first = g.group[k].member[0];
            sum += expected[i].ns[k];
            cr_expect_str_eq(by->key ? by->key(first) : profile_layer(first), expected[i].name[k]);
            cr_expect_eq(g.group[k].total_ns, expected[i].ns[k], "%s %d", by->name, k);
            cr_expect_eq(g.group[k].calls, expected[i].calls[k], "%s %d", by->name, k);
            cr_expect_eq(g.group[k].share, expected[i].ns[k] / work, "%s %d", by->name, k);
            cr_expect_eq(g.group[k].cumulative, sum / work, "a share of sums, not a sum of shares");
        }
        cr_expect_eq(sum, 10900, "all are there: %s", by->name);
        cr_expect_eq(g.work_ns, work);
        cr_expect(g.rest_ns[REST_transfer] == 600 && g.rest_calls[REST_transfer] == 2);
        cr_expect(g.rest_ns[REST_unattributed] == 50 && g.rest_ns[REST_unclassified] == 7);
        profile_groups_free(&g);
    }
    cr_expect_null(grouping_find("step"));
    profile_free(&p);
}

Test(profile_groups, calls_of_all_repetitions)
{
    const struct made_kernel k[] = {{"unet/a", .ns = 1000, .calls = 5, .spread = 0.1}}; /* 1000 1100 900 1050 950 */
    struct profile p = made_profile(&(struct made_profile){.kernel = k, .kernels = 1});
    struct profile_groups g;
    cr_assert_eq(profile_groups_make(&p, grouping_find("layer"), &g).code, 0);
    cr_expect_eq(g.group[0].call.n, 15);
    cr_expect_eq(g.group[0].call.median, 1000);
    cr_expect_eq(g.group[0].call.mad, 50);
    cr_expect_eq(g.group[0].call.smallest, 900);
    cr_expect_eq(g.group[0].p95_ns, 1100);
    profile_groups_free(&g);
    profile_free(&p);
}

static struct roof_time roof_of(const struct profile *p)
{
    const struct roofs roofs = profile_roofs(p);
    return profile_roof_of(&roofs, &p->kernel[0]);
}

/* 1e12 FLOP a second; copies of 1e6 bytes at 4e9 a second, larger ones at 1e9. */
Test(profile_groups, roofs)
{
    static const struct {
        struct made_kernel kernel;
        double ns;
        char bound;
    } roofs[] = {
        {{"a", .flop = 1e9, .bytes = 1e3}, 1e6, 'C'},  {{"a", .flop = 1, .bytes = 1e6}, 250e3, 'M'},
        {{"a", .flop = 0, .bytes = 2e6}, 500e3, 'M'},    {{"a", .flop = 0, .bytes = 2e9}, 2e9, 'M'},
        {{"a", .flop = 1e9, .dtype = "bf16"}, 0, '-'}, {{.path = "a"}, 0, '-'},
        {{"a", .flop = 1e9, .helper = true}, 0, '-'},
    };
    for (size_t i = 0; i < ARRAY_LEN(roofs); i++) {
        struct profile p =
            made_profile(&(struct made_profile){.kernel = &roofs[i].kernel, .kernels = 1, .peak = 1e12, .copy = 1e9});
        const struct roof_time roof = roof_of(&p);
        cr_expect(fabs(roof.ns - roofs[i].ns) <= 1e-6 * roofs[i].ns && roof.bound == (enum roof_bound)roofs[i].bound, "%zu: %g %c", i,
                  roof.ns, (char)roof.bound);
        profile_free(&p);
    }
    struct profile p = made_profile(&(struct made_profile){.kernel = &roofs[0].kernel, .kernels = 1});
    cr_expect_eq(roof_of(&p).bound, ROOF_unknown, "nothing was measured");
    profile_free(&p);
}

/* 2e6 FLOP at 1e12 are 2 us, 1e6 bytes at 4e9 250 us; a group whose launches have no roof has none. */
Test(profile_groups, roofs_of_groups)
{
    const struct made_kernel k[] = {{"unet/a", .ns = 500e3, .calls = 2, .flop = 2e6, .bytes = 1e6},
                                    {"unet/a", "bias", .ns = 100e3, .calls = 2, .helper = true},
                                    {"unet/b", .ns = 100e3, .bytes = 1e6},
                                    {"unet/c", .ns = 1e3, .flop = 1e6, .dtype = "f16"}};
    struct profile p = made_profile(&(struct made_profile){.kernel = k, .kernels = 4, .peak = 1e12, .copy = 1e9});
    struct profile_groups g;
    cr_assert_eq(profile_groups_make(&p, grouping_find("layer"), &g).code, 0);
    cr_expect(g.group[0].roof_ns == 500e3 && g.group[0].bound == 'M' && !g.group[0].above_roof);
    cr_expect_eq(g.group[0].flop, 4e6);
    cr_expect_eq(g.group[0].bytes, 2e6);
    cr_expect(g.group[1].roof_ns == 250e3 && g.group[1].above_roof == 1, "it took less than it can");
    cr_expect(g.group[2].roof_ns == 0 && g.group[2].bound == ' ');
    profile_groups_free(&g);
    cr_assert_eq(profile_groups_make(&p, grouping_find("class"), &g).code, 0);
    cr_expect(g.group[0].roof_ns == 0 && g.group[0].above_roof == 1, "one of its launches has no known roof");
    profile_groups_free(&g);
    profile_free(&p);
}
