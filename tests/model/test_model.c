/* The model: parameters, names and shapes, against the published network. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/verify.h"
#include "pipeline/model/manifest.h"
#include "pipeline/preset.h"
#include "tests/support/model_graphs.h"
#include "variants/variant.h"

/* Tensors of a sub-model, or of a part of it. */
static const struct part {
    const char *model, *begins, *also; /* `also`: another beginning, NULL for none */
    const char *graph;                 /* that reads exactly these; NULL for none */
    size_t tensors;
    int64_t values;
} parts[] = {
    // clang-format off
    {"sd14", "text_encoder/", NULL,                   "text_encoder",    196, 123060480},
    {"sd14", "unet/",         NULL,                   "diffusion_model", 686, 859520964},
    {"sd14", "vae/",          NULL,                   NULL,              248, 83653863},
    {"sd14", "vae/decoder.",  "vae/post_quant_conv.", "decoder",         140, 49490199},
    {"sd14", "vae/encoder.",  "vae/quant_conv.",      NULL,              108, 34163664},
    {"tiny", "text_encoder/", NULL,                   "text_encoder",    36,  3267136},
    {"tiny", "unet/",         NULL,                   "diffusion_model", 686, 5523876},
    {"tiny", "vae/",          NULL,                   NULL,              244, 1399879},
    // clang-format on
};

static bool belongs(const struct part *p, const char *name)
{
    return !strncmp(name, p->begins, strlen(p->begins)) || (p->also && !strncmp(name, p->also, strlen(p->also)));
}

Test(model, parameters)
{
    for (const struct part *p = parts; p < parts + ARRAY_LEN(parts); p++) {
        struct arena arena = {0};
        struct manifest m = manifest_make(test_config(p->model), &arena);
        size_t tensors = 0;
        int64_t values = 0;
        for (size_t i = 0; i < m.count; i++)
            if (belongs(p, m.spec[i].name)) {
                tensors++;
                values += shape_count(m.spec[i].shape);
            }
        cr_expect(tensors == p->tensors && values == p->values,
                  "%s %s: %zu tensors, %lld values; %zu and %lld are right", p->model, p->begins, tensors,
                  (long long)values, p->tensors, (long long)p->values);
        arena_free(&arena);
    }
}

static const struct tensor_spec *find_spec(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (!strcmp(m->spec[i].name, name))
            return &m->spec[i];
    return NULL;
}

/* Every weight of a graph is in the manifest in its shape, none twice, and together they are the whole part. */
Test(model, graphs_read_the_manifest)
{
    for (const struct part *p = parts; p < parts + ARRAY_LEN(parts); p++) {
        if (!p->graph)
            continue;
        struct arena arena = {0};
        struct manifest m = manifest_make(test_config(p->model), &arena);
        struct graph *g = model_graph(p->graph, test_config(p->model), 1, 16, 16);
        size_t tensors = 0;
        int64_t values = 0;
        for (value_id v = 0; v < g->n_values; v++) {
            const struct value *x = &g->value[v];
            char is[SHAPE_TEXT], should[SHAPE_TEXT];
            if (x->kind != VALUE_WEIGHT)
                continue;
            const struct tensor_spec *spec = find_spec(&m, x->name);
            cr_expect(spec && shape_equal(spec->shape, x->shape), "%s %s: %s is %s, in the manifest %s", p->model,
                      p->graph, x->name, shape_text(x->shape, is), spec ? shape_text(spec->shape, should) : "missing");
            cr_expect(belongs(p, x->name), "%s %s reads %s", p->model, p->graph, x->name);
            cr_expect(graph_find(g, x->name) == v, "%s %s: %s is there twice", p->model, p->graph, x->name);
            tensors++;
            values += shape_count(x->shape);
        }
        bool whole = values == p->values || !strcmp(p->model, "tiny");
        cr_expect(whole && tensors == p->tensors, "%s %s reads %zu tensors, %lld values; %zu and %lld are right",
                  p->model, p->graph, tensors, (long long)values, p->tensors, (long long)p->values);
        graph_free(g);
        arena_free(&arena);
    }
}

/* Sizes that are no powers of two are rounded up on the way down and come back on the way up. */
Test(model, odd_latents)
{
    static const int64_t sizes[][2] = {{9, 11}, {1, 1}, {3, 8}, {17, 16}, {8, 24}};
    static const char *const names[] = {"diffusion_model", "denoise_step", "decoder"};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            for (const struct variant *v = variants; v->name; v++) {
                int64_t h = sizes[i][0], w = sizes[i][1];
                struct graph *g = model_graph(names[k], test_config("tiny"), 2, h, w);
                struct pass_context c = {.half = DTYPE_bf16, .residual_float32 = true};
                struct err e = variant_apply(v, NULL, &c, &g, NULL);
                cr_expect(!e.code, "%s of %s at %dx%d: %s", v->name, names[k], (int)w, (int)h, err_text(e));
                err_free(&e);
                value_id out = graph_find_output(g, k == 0 ? "eps" : k == 1 ? "latent" : "image");
                struct shape right = k == 2 ? SHAPE(2, 3, 8 * h, 8 * w) : SHAPE(2, 4, h, w);
                cr_expect(out != NO_VALUE && shape_equal(g->value[out].shape, right), "%s of %s at %dx%d: wrong shape",
                          v->name, names[k], (int)w, (int)h);
                graph_free(g);
            }
}

/* Without guidance there is one branch; a sampler's slots and input scale become states and inputs. */
Test(model, denoise_step_follows_the_sampler)
{
    struct denoise_shape s = {.images = 3, .height = 8, .width = 8, .rows = 20, .slots = 4, .scales_input = true};
    struct graph *g = model_denoise_step(test_config("tiny"), &presets[1].details, &s);
    struct err e = graph_verify_unplaced(g);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(!count_nodes(g, OP_repeat) && !count_nodes(g, OP_guidance));
    cr_expect(count_nodes(g, OP_step_row) == 3 && count_nodes(g, OP_gelu_erf) == 16);
    const char *const inputs[] = {"context", "timestep_embeddings", "coefficients", "input_scales"};
    const struct shape shapes[] = {SHAPE(3, 77, 64), SHAPE(20, 32), SHAPE(20, 30), SHAPE(20, 1)};
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        value_id v = graph_find(g, inputs[i]);
        cr_expect(v != NO_VALUE && shape_equal(g->value[v].shape, shapes[i]), "%s", inputs[i]);
    }
    const char *const states[] = {"counter", "latent", "slot.0", "slot.1", "slot.2", "slot.3"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        value_id v = graph_find(g, states[i]);
        cr_expect(v != NO_VALUE && g->value[v].kind == VALUE_STATE && g->value[v].next != NO_VALUE, "%s", states[i]);
    }
    cr_expect(graph_find(g, "slot.4") == NO_VALUE);
    graph_free(g);
}

static double only_param(const struct graph *g, enum op op, const char *ending, double (*get)(const struct params *))
{
    double found = NAN;
    for (node_id n = 0; n < g->n_nodes; n++) {
        size_t length = strlen(g->node[n].path[0]), end = strlen(ending);
        if (g->node[n].op != op || length < end || strcmp(g->node[n].path[0] + length - end, ending))
            continue;
        double x = get(&g->node[n].params);
        if (!isnan(found) && x != found)
            cr_assert_fail("%s: %g and %g", ending, found, x);
        found = x;
    }
    return found;
}

static double eps_of(const struct params *p)
{
    return p->eps;
}

static double rounded_of(const struct params *p)
{
    return p->rounded;
}

/* The details in which the two programs differ, and that nothing else does. */
Test(model, presets)
{
    static const struct {
        const char *preset;
        double transformer, vae, rounded;
    } rows[] = {{"kerascv", 1e-5, 1e-5, 0}, {"diffusers", 1e-6, 1e-6, 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct preset *p;
        struct err e = preset_find(rows[i].preset, &p);
        cr_assert(!e.code, "%s", err_text(e));
        struct graph *u = model_diffusion_model(test_config("tiny"), &p->details, 1, 8, 8);
        struct graph *d = model_decoder(test_config("tiny"), &p->details, 1, 8, 8);
        cr_expect(only_param(u, OP_group_norm, "/norm", eps_of) == rows[i].transformer, "%s", rows[i].preset);
        cr_expect(only_param(u, OP_group_norm, "norm1", eps_of) == 1e-5, "%s", rows[i].preset);
        cr_expect(only_param(u, OP_layer_norm, "", eps_of) == 1e-5, "%s", rows[i].preset);
        cr_expect(only_param(d, OP_group_norm, "", eps_of) == rows[i].vae, "%s", rows[i].preset);
        cr_expect(only_param(d, OP_pixels, "", rounded_of) == rows[i].rounded, "%s", rows[i].preset);
        graph_free(u);
        graph_free(d);
    }
}
