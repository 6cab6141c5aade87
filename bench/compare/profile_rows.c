#include "bench/compare/profile_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/spread.h"
#include "bench/profile/groups.h"
#include "bench/profile/kernel_name.h"

const char *const row_status_names[ROW_STATUSES] = {
    [ROW_SAME] = "SAME",         [ROW_SLOWER] = "SLOWER", [ROW_FASTER] = "FASTER",
    [ROW_REPLACED] = "REPLACED", [ROW_NEW] = "NEW",       [ROW_GONE] = "GONE",
};

struct keyed {
    char *key;
    int side;
    const struct profile_kernel *kernel;
};

struct making {
    const struct profile *side[SIDES];
    struct spread spread[SIDES];
    struct profile_rows *out;
    double share;
    struct keyed *keyed;                  /* of the group that is at work */
    const struct profile_kernel **member; /* of the row that is at work: those of base, then those of new */
};

static char *key_of(const struct profile_kernel *k)
{
    struct text key = {0};
    text_add(&key, "%s\n%s\n%s\n%s\n", k->plan, k->stage, profile_layer(k), k->op);
    kernel_add_plain(k->kernel, &key);
    return key.bytes;
}

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    const int order = strcmp(x->key, y->key);
    return order ? order : x->side - y->side;
}

static enum row_status status_of(const int members[SIDES], bool same_kernel, double difference, double margin)
{
    if (!members[SIDE_b])
        return ROW_GONE;
    if (!members[SIDE_a])
        return ROW_NEW;
    if (!same_kernel)
        return ROW_REPLACED;
    return difference > margin ? ROW_SLOWER : difference < -margin ? ROW_FASTER : ROW_SAME;
}

/* Of the members that were put together. */
static struct err add_row(struct making *m, const int members[SIDES], bool same_kernel)
{
    const struct profile_kernel *const *member = (const struct profile_kernel *const *)m->member;
    const struct profile_kernel *first = member[0];
    struct profile_row row = {.path = profile_layer(first), .class = first->class, .op = first->op};
    double variance = 0;
    for (int s = 0, at = 0; s < SIDES; at += members[s], s++) {
        struct text names = {0};
        const int images = m->side[s]->images;
        for (int i = at; i < at + members[s]; i++) {
            const int index = (int)(member[i] - m->side[s]->kernel);
            const double error = spread_error_ns(&m->spread[s], m->side[s], index) / images;
            row.ns[s] += member[i]->typical_ns / images;
            variance += error * error;
        }
        kernel_add_list(member + at, members[s], LIST_kernels, &names);
        row.kernels[s] = names.bytes ? names.bytes : strdup("");
    }
    row.margin_ns = fmax(m->share * row.ns[SIDE_a], 3 * sqrt(variance));
    row.status = status_of(members, same_kernel, row.ns[SIDE_b] - row.ns[SIDE_a], row.margin_ns);
    m->out->row[m->out->rows++] = row;
    return row.kernels[SIDE_a] && row.kernels[SIDE_b] ? OK : err_fail("out of memory for two profiles");
}

/* A run of equal keys that both sides have is a row. What is left moves to the front; how many. */
static struct err add_matched(struct making *m, int n, int *left)
{
    *left = 0;
    for (int i = 0, end; i < n; i = end) {
        int members[SIDES] = {0};
        for (end = i; end < n && !strcmp(m->keyed[end].key, m->keyed[i].key); end++) {
            m->member[end - i] = m->keyed[end].kernel;
            members[m->keyed[end].side]++;
        }
        if (members[SIDE_a] && members[SIDE_b]) {
            TRY(add_row(m, members, true));
            continue;
        }
        for (int k = i; k < end; k++) {
            const struct keyed own = m->keyed[*left];
            m->keyed[(*left)++] = m->keyed[k];
            m->keyed[k] = own; /* keys stay the group's to free */
        }
    }
    return OK;
}

static struct err add_left(struct making *m, int left)
{
    int members[SIDES] = {0}, n = 0;
    for (int s = 0; s < SIDES; s++)
        for (int i = 0; i < left; i++)
            if (m->keyed[i].side == s) {
                m->member[n++] = m->keyed[i].kernel;
                members[s]++;
            }
    return n ? add_row(m, members, false) : OK;
}

static struct err add_group(struct making *m, const struct aligned_group *g)
{
    int n = 0, left = 0;
    bool has_keys = true;
    for (int s = 0; s < SIDES; s++)
        for (int i = 0; i < g->members[s]; i++) {
            m->keyed[n] = (struct keyed){key_of(g->member[s][i]), s, g->member[s][i]};
            has_keys &= m->keyed[n++].key != NULL;
        }
    if (has_keys)
        qsort(m->keyed, (size_t)n, sizeof *m->keyed, by_key);
    struct err e = has_keys ? add_matched(m, n, &left) : err_fail("out of memory for two profiles");
    if (!e.code)
        e = add_left(m, left);
    for (int i = 0; i < n; i++)
        free(m->keyed[i].key);
    return e;
}

static int by_difference(const void *a, const void *b)
{
    const struct profile_row *x = a, *y = b;
    const double p = fabs(x->ns[SIDE_b] - x->ns[SIDE_a]), q = fabs(y->ns[SIDE_b] - y->ns[SIDE_a]);
    const int order = (p < q) - (p > q);
    return order ? order : strcmp(x->path, y->path);
}

static void find_noise(struct making *m)
{
    for (int s = 0; s < SIDES; s++) {
        double variance = 0;
        for (int i = 0; i < m->side[s]->kernels; i++) {
            const double error = spread_error_ns(&m->spread[s], m->side[s], i) / m->side[s]->images;
            variance += error * error;
        }
        m->out->noise_ns[s] = sqrt(variance);
    }
}

static struct err make(struct making *m, const struct alignment *aligned)
{
    const size_t most = (size_t)m->side[SIDE_a]->kernels + (size_t)m->side[SIDE_b]->kernels + 1;
    m->out->row = calloc(most, sizeof *m->out->row);
    m->keyed = calloc(most, sizeof *m->keyed);
    m->member = calloc(most, sizeof *m->member);
    if (!m->out->row || !m->keyed || !m->member)
        return err_fail("out of memory for two profiles");
    for (int s = 0; s < SIDES; s++)
        TRY(spread_make(m->side[s], FEWEST_CALLS, &m->spread[s]));
    for (int i = 0; i < aligned->groups; i++)
        TRY(add_group(m, &aligned->group[i]));
    if (m->out->rows)
        qsort(m->out->row, (size_t)m->out->rows, sizeof *m->out->row, by_difference);
    find_noise(m);
    return OK;
}

struct err profile_rows_make(const struct profile *base, const struct profile *new, double share,
                             struct profile_rows *out)
{
    struct making m = {.side = {base, new}, .out = out, .share = share};
    struct alignment aligned;
    *out = (struct profile_rows){0};
    struct err e = profile_align(base, new, &aligned);
    if (!e.code)
        e = make(&m, &aligned);
    for (int s = 0; s < SIDES; s++)
        spread_free(&m.spread[s]);
    free(m.keyed);
    free(m.member);
    alignment_free(&aligned);
    return e;
}

void profile_rows_free(struct profile_rows *r)
{
    for (int i = 0; i < r->rows; i++)
        for (int s = 0; s < SIDES; s++)
            free(r->row[i].kernels[s]);
    free(r->row);
    *r = (struct profile_rows){0};
}
