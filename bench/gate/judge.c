#include <stdio.h>
#include <string.h>

#include "bench/gate/gate.h"

/* The first pictures that a side made with these choices, of the warm samples or of the cold ones. */
static const struct expected_output *output_of(const struct variant_result *v, uint64_t choice_hash, bool cold)
{
    for (int i = 0; i < v->outputs; i++)
        if (v->expected[i].choice_hash == choice_hash && v->expected[i].cold == cold)
            return &v->expected[i];
    return NULL;
}

static bool differs(const struct variant_result *base, const struct variant_result *new, bool cold)
{
    const struct expected_output *a = output_of(base, base->facts.choice_hash, cold);
    const struct expected_output *b = output_of(new, new->facts.choice_hash, cold);
    return a && b && (a->pixels_hash != b->pixels_hash || a->latents_hash != b->latents_hash);
}

struct err gate_compare_plans(struct gate *g, struct gated *v)
{
    const struct variant_result *base = &v->row[SIDE_BASE], *new = &v->row[SIDE_NEW];
    const struct pipeline_facts *f = &new->facts;
    struct counters *c = &v->counters;
    if (!new->told)
        return OK;
    snprintf(c->workload, sizeof c->workload, "%s", g->result.job.workload.name);
    snprintf(c->variant, sizeof c->variant, "%s", v->variant->name);
    snprintf(c->backend, sizeof c->backend, "%s", f->backend);
    counters_library(f->description, &f->device, c->library);
    c->threads = *f->device.name ? 0 : (uint64_t)g->result.job.threads;
    c->graph_hash = f->graph_hash;
    c->launches = f->launches;
    c->arena_bytes = f->arena_bytes;
    c->weights_bytes = f->weights_bytes;
    c->flop = f->flop;
    v->blessed = counters_compare(&g->blessed, c);
    bool same_graph = base->told && base->facts.graph_hash == f->graph_hash;
    v->replaced = same_graph && base->facts.choice_hash != f->choice_hash;
    v->outputs_differ = same_graph && !v->replaced && (differs(base, new, false) || differs(base, new, true));
    return OK;
}

enum verdict gate_verdict(const struct gated *v)
{
    return v->only_new    ? VERDICT_NEW
           : v->only_base ? VERDICT_GONE
           : v->session   ? v->session->verdict
                          : VERDICT_INSUFFICIENT;
}

/* One reason to end with another code than 0; a mismatch is worse than what is not valid. */
static struct err reason_of(const struct gate *g, const struct gated *v)
{
    const struct verdict_word *word = &verdict_words[gate_verdict(v)];
    if (v->absent)
        return err_make(ERR_ABSENT, "%s: %s", v->variant->name, v->absent);
    if (v->outputs_differ)
        return err_make(ERR_MISMATCH, "%s: with the same graph and kernels other pictures came out", v->variant->name);
    if (word->exit == ERR_MISMATCH)
        return err_make(word->exit, "%s: %s: %s", v->variant->name, word->name, v->session->reason);
    if (v->blessed.state == COUNTERS_CHANGED && !g->o->bless)
        return err_make(ERR_MISMATCH, "%s: exact counters have changed: explain that, and accept them with --bless",
                        v->variant->name);
    return word->exit && !g->o->counters ? err_make(word->exit, "%s: %s: %s", v->variant->name, word->name,
                                                    v->session ? v->session->reason : v->verdict_text)
                                         : OK;
}

struct err gate_conclude(const struct gate *g)
{
    struct err worst = OK;
    for (int i = 0; i < g->variants; i++) {
        struct err e = reason_of(g, &g->gated[i]);
        bool worse = worst_exit(worst.code, e.code) != worst.code;
        err_free(worse ? &worst : &e);
        worst = worse ? e : worst;
    }
    return worst;
}
