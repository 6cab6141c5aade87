#include "tests/support/model_graphs.h"

#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/verify.h"
#include "pipeline/preset.h"

const char *const model_graphs[MODEL_GRAPHS] = {"text_encoder", "diffusion_model", "denoise_step", "decoder"};

const struct model_config *test_config(const char *name)
{
    const struct model_config *c = model_config_find(name);
    if (!c)
        cr_assert_fail("no model %s", name);
    return c;
}

struct graph *model_graph(const char *name, const struct model_config *c, int64_t n, int64_t h, int64_t w)
{
    const struct model_details *d = &presets[0].details;
    struct denoise_shape step = {.images = n, .height = h, .width = w, .rows = 50, .guided = true, .guidance = 7.5};
    struct graph *g = !strcmp(name, "text_encoder")      ? model_text_encoder(c, n)
                      : !strcmp(name, "diffusion_model") ? model_diffusion_model(c, d, n, h, w)
                      : !strcmp(name, "decoder")         ? model_decoder(c, d, n, h, w)
                                                         : model_denoise_step(c, d, &step);
    struct err e = graph_verify_unplaced(g);
    if (e.code)
        cr_assert_fail("%s, %s, %dx%d: %s", c->name, name, (int)w, (int)h, err_text(e));
    return g;
}

int count_nodes(const struct graph *g, enum op op)
{
    int count = 0;
    for (node_id n = 0; n < g->n_nodes; n++)
        count += g->node[n].op == op;
    return count;
}
