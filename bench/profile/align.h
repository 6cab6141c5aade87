/* Two profiles beside each other, layer by layer, also where a launch of one does what several of the other do.
 *
 * Launches belong together where they share a model path: a fused one carries the paths of all that it replaces. So a
 * group is a connected part of the graph whose nodes are paths and whose edges are launches, and all of its time in one
 * profile was spent on what it did in the other. Work without a path is a group by its class. */
#ifndef SDBENCH_BENCH_PROFILE_ALIGN_H
#define SDBENCH_BENCH_PROFILE_ALIGN_H

#include "bench/profile/profile.h"
#include "pipeline/base/text.h"

enum { SIDE_a, SIDE_b, SIDES };

struct aligned_group {
    const char *path; /* the first of its paths by name; a class in brackets where it has none */
    int common;       /* so many bytes of it do all of its paths begin with: whole folders */
    int paths;
    double ns[SIDES], calls[SIDES];              /* of a repetition; the median of all */
    const struct profile_kernel **member[SIDES]; /* in the order of the profiles */
    int members[SIDES];
};

enum { MOST_CLASSES = 64 }; /* of a table; further ones are in the last */
struct aligned_class {
    const char *name;
    double ns[SIDES];
};

struct alignment {
    struct aligned_group *group; /* the largest difference of times first */
    struct aligned_class *class; /* likewise; they add up to the same difference as the groups */
    int groups, classes;
    double ns[SIDES];
    const struct profile_kernel **member; /* the memory of the groups' */
};

struct err profile_align(const struct profile *a, const struct profile *b, struct alignment *out);
void alignment_free(struct alignment *a);

/* "up.1/attn.0/.. (3 paths)", in at most `width` characters. */
void aligned_add_name(const struct aligned_group *g, int width, struct text *out);

/* At most 120 columns: classes, then the `top` groups with the largest differences, and what replaced what. */
struct err alignment_text(const struct profile *a, const struct profile *b, int top, struct text *out);
struct err alignment_json(const struct profile *a, const struct profile *b, int top, cJSON **out);

#endif
