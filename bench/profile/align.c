#include "bench/profile/align.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One launch that carries a path. */
struct carried {
    const char *path;
    int kernel; /* of both profiles: those of b behind those of a */
    int id;     /* of the path: equal paths have one */
};

struct aligning {
    const struct profile *side[SIDES];
    struct carried *carried; /* by path */
    int n, ids, kernels;
    int *parent; /* of each path: its own where it stands for its group */
    int *own;    /* of each kernel: one of its paths */
    int *group;  /* of each path that stands for a group: the group's index */
};

static const struct profile_kernel *kernel_at(const struct aligning *a, int i)
{
    const struct profile *first = a->side[SIDE_a];
    return i < first->kernels ? &first->kernel[i] : &a->side[SIDE_b]->kernel[i - first->kernels];
}

static int root_of(int *parent, int i)
{
    for (; parent[i] != i; i = parent[i])
        parent[i] = parent[parent[i]];
    return i;
}

static int by_path(const void *a, const void *b)
{
    const struct carried *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static size_t count_carried(const struct profile *p)
{
    size_t n = 0;
    for (int i = 0; i < p->kernels; i++)
        n += p->kernel[i].paths ? (size_t)p->kernel[i].paths : 1;
    return n;
}

/* A kernel without a path carries its class. */
static void list_carried(struct aligning *a)
{
    for (int i = 0; i < a->kernels; i++) {
        const struct profile_kernel *k = kernel_at(a, i);
        for (int j = 0; j < k->paths; j++)
            a->carried[a->n++] = (struct carried){k->path[j], i, 0};
        if (!k->paths)
            a->carried[a->n++] = (struct carried){k->class, i, 0};
    }
    qsort(a->carried, (size_t)a->n, sizeof *a->carried, by_path);
}

static void unite(struct aligning *a)
{
    for (int i = 0; i < a->kernels; i++)
        a->own[i] = -1;
    for (int i = 0; i < a->n; i++) {
        struct carried *c = &a->carried[i];
        if (!i || strcmp(c->path, c[-1].path))
            a->parent[a->ids] = a->ids, a->ids++;
        c->id = a->ids - 1;
        if (a->own[c->kernel] < 0)
            a->own[c->kernel] = c->id;
        a->parent[root_of(a->parent, c->id)] = root_of(a->parent, a->own[c->kernel]);
    }
}

/* Whole folders that both begin with. */
static int common_of(const char *a, const char *b, int most)
{
    int common = 0;
    for (int i = 0; i < most && a[i] == b[i]; i++)
        if (a[i] == '/')
            common = i + 1;
    return common;
}

/* In the order of paths, so that the first one names the group. */
static void make_groups(struct aligning *a, struct alignment *out)
{
    for (int i = 0; i < a->ids; i++)
        a->group[i] = -1;
    for (int i = 0; i < a->n; i++) {
        const struct carried *c = &a->carried[i];
        int *index = &a->group[root_of(a->parent, c->id)];
        if (*index < 0) {
            *index = out->groups++;
            out->group[*index] = (struct aligned_group){.path = c->path, .common = (int)strlen(c->path)};
        }
        struct aligned_group *g = &out->group[*index];
        if (i && c->id == c[-1].id)
            continue;
        g->common = g->paths++ ? common_of(g->path, c->path, g->common) : g->common;
    }
}

static struct aligned_group *group_of(struct aligning *a, struct alignment *out, int kernel)
{
    return &out->group[a->group[root_of(a->parent, a->own[kernel])]];
}

static int side_of(const struct aligning *a, int kernel)
{
    return kernel < a->side[SIDE_a]->kernels ? SIDE_a : SIDE_b;
}

static void add_class(struct alignment *out, const char *name, int side, double ns)
{
    int i = 0;
    while (i < out->classes && strcmp(out->class[i].name, name))
        i++;
    if (i == MOST_CLASSES - 1)
        name = "all others";
    i = i < MOST_CLASSES ? i : MOST_CLASSES - 1;
    if (i == out->classes)
        out->class[out->classes++] = (struct aligned_class){.name = name};
    out->class[i].ns[side] += ns;
}

/* Each group's members lie together, side by side: counted first, then filled in. */
static void fill(struct aligning *a, struct alignment *out)
{
    const struct profile_kernel **next = out->member;
    for (int i = 0; i < a->kernels; i++)
        group_of(a, out, i)->members[side_of(a, i)]++;
    for (int g = 0; g < out->groups; g++)
        for (int s = 0; s < SIDES; s++) {
            out->group[g].member[s] = next;
            next += out->group[g].members[s];
            out->group[g].members[s] = 0;
        }
    for (int i = 0; i < a->kernels; i++) {
        const struct profile_kernel *k = kernel_at(a, i);
        struct aligned_group *g = group_of(a, out, i);
        const int side = side_of(a, i);
        g->member[side][g->members[side]++] = k;
        g->ns[side] += k->typical_ns;
        g->calls[side] += k->calls;
        out->ns[side] += k->typical_ns;
        add_class(out, k->class, side, k->typical_ns);
    }
}

static int compare_difference(const double x[SIDES], const double y[SIDES])
{
    const double a = fabs(x[SIDE_b] - x[SIDE_a]), b = fabs(y[SIDE_b] - y[SIDE_a]);
    return (a < b) - (a > b);
}

static int by_group(const void *a, const void *b)
{
    const struct aligned_group *x = a, *y = b;
    const int order = compare_difference(x->ns, y->ns);
    return order ? order : strcmp(x->path, y->path);
}

static int by_class(const void *a, const void *b)
{
    const struct aligned_class *x = a, *y = b;
    const int order = compare_difference(x->ns, y->ns);
    return order ? order : strcmp(x->name, y->name);
}

static struct err align(struct aligning *a, size_t n, struct alignment *out)
{
    const size_t kernels = (size_t)a->kernels + 1;
    a->carried = calloc(n, sizeof *a->carried);
    a->parent = calloc(n, sizeof *a->parent);
    a->group = calloc(n, sizeof *a->group);
    a->own = calloc(kernels, sizeof *a->own);
    out->group = calloc(n, sizeof *out->group);
    out->class = calloc(MOST_CLASSES, sizeof *out->class);
    out->member = calloc(kernels, sizeof *out->member);
    if (!a->carried || !a->parent || !a->group || !a->own || !out->group || !out->class || !out->member)
        return err_fail("out of memory for two profiles");
    list_carried(a);
    unite(a);
    make_groups(a, out);
    fill(a, out);
    qsort(out->group, (size_t)out->groups, sizeof *out->group, by_group);
    qsort(out->class, (size_t)out->classes, sizeof *out->class, by_class);
    return OK;
}

struct err profile_align(const struct profile *a, const struct profile *b, struct alignment *out)
{
    struct aligning aligning = {.side = {a, b}, .kernels = a->kernels + b->kernels};
    const size_t carried = count_carried(a) + count_carried(b);
    *out = (struct alignment){0};
    struct err e = carried < INT_MAX ? align(&aligning, carried + 1, out)
                                     : err_fail("two profiles of more than %d paths", INT_MAX);
    free(aligning.carried);
    free(aligning.parent);
    free(aligning.group);
    free(aligning.own);
    return e;
}

void alignment_free(struct alignment *a)
{
    free(a->group);
    free(a->class);
    free(a->member);
    *a = (struct alignment){0};
}
