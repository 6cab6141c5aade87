#include "profiler/cupti/labels.h"

enum {
    DEEPEST = 16,
    NOBODY = -2, /* in place of a launch: a callback told of the node, and it was of none */
};

/* What a thread is in the middle of. */
static _Thread_local struct {
    int depth; /* of launches; those beyond the deepest have no label */
    int instantiating;
    struct level {
        int32_t launch;
        uint64_t created; /* nodes */
    } level[DEEPEST];
} here;

void labels_open(struct labels *l)
{
    *l = (struct labels){0};
    pthread_mutex_init(&l->lock, NULL);
}

void labels_close(struct labels *l)
{
    pthread_mutex_lock(&l->lock);
    id_map_free(&l->launch_of);
    pthread_mutex_unlock(&l->lock);
}

void labels_launch_begin(int32_t launch)
{
    here.instantiating = 0; /* no launch is in the middle of it: its end was not told, since it failed */
    if (here.depth < DEEPEST) {
        here.level[here.depth].launch = launch;
        here.level[here.depth].created = 0;
    }
    here.depth++;
}

void labels_launch_end(struct labels *l, uint64_t recorded)
{
    if (!here.depth)
        return;
    here.depth--;
    const uint64_t created = here.depth < DEEPEST ? here.level[here.depth].created : 0;
    if (!recorded || created == recorded)
        return;
    pthread_mutex_lock(&l->lock);
    l->conflicts += created > recorded ? created - recorded : recorded - created;
    pthread_mutex_unlock(&l->lock);
}

void labels_instantiate_begin(void)
{
    here.instantiating++;
}

void labels_instantiate_end(void)
{
    here.instantiating -= here.instantiating > 0;
}

/* NULL where there is no such node, or no memory. */
static struct id_entry *add(struct labels *l, uint64_t node)
{
    struct id_entry *e = node ? id_map_add(&l->launch_of, node) : NULL;
    l->no_memory |= node && !e;
    return e;
}

/* Overwrites: an id may come back once its graph is gone. */
static void put(struct labels *l, uint64_t node, int32_t by_callback, int32_t by_runtime)
{
    struct id_entry *e = add(l, node);
    if (e) {
        e->first = by_callback;
        e->second = by_runtime;
    }
}

/* That of the thread; NULL where it is in none, or too deep. */
static struct level *level_here(void)
{
    return here.depth && here.depth <= DEEPEST ? &here.level[here.depth - 1] : NULL;
}

void labels_node_created(struct labels *l, uint64_t node)
{
    if (here.instantiating)
        return;
    struct level *level = level_here();
    if (level)
        level->created++;
    pthread_mutex_lock(&l->lock);
    put(l, node, level ? level->launch : NOBODY, ID_NONE);
    pthread_mutex_unlock(&l->lock);
}

void labels_nodes_recorded(struct labels *l, const uint64_t *node, uint64_t count)
{
    struct level *level = level_here();
    if (!level)
        return;
    pthread_mutex_lock(&l->lock);
    for (uint64_t i = 0; i < count; i++) {
        struct id_entry *e = add(l, node[i]);
        if (!e)
            continue;
        if (e->first != level->launch) { /* no callback counted it for this launch */
            l->conflicts += e->first != ID_NONE;
            level->created++;
        }
        e->second = level->launch;
    }
    pthread_mutex_unlock(&l->lock);
}

void labels_node_cloned(struct labels *l, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&l->lock);
    const struct id_entry *e = id_map_find(&l->launch_of, from);
    put(l, to, e ? e->first : ID_NONE, e ? e->second : ID_NONE); /* e is not looked at once there is another entry */
    pthread_mutex_unlock(&l->lock);
}

int32_t labels_find(struct labels *l, uint64_t node)
{
    pthread_mutex_lock(&l->lock);
    const struct id_entry *e = id_map_find(&l->launch_of, node);
    const int32_t launch = !e ? ID_NONE : e->first >= 0 ? e->first : e->second;
    pthread_mutex_unlock(&l->lock);
    return launch;
}
