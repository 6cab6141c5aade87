/* One step of the loop: the network on the latent, guidance, and the sampler's update.
 *
 * What changes from step to step without depending on the latent is a table with one row an evaluation; the counter
 * says which row, and the last node advances it. So the same launches serve every step. */
#include "pipeline/model/model.h"

struct graph *model_denoise_step(const struct model_config *c, const struct model_details *d,
                                 const struct denoise_shape *s)
{
    struct graph *g = graph_new("denoise_step");
    struct shape latent = SHAPE(s->images, LATENT_CHANNELS, s->height, s->width);
    int states = 1 + s->slots;
    value_id state[MAX_OUTPUTS], next[MAX_OUTPUTS];

    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    state[0] = graph_state(g, "latent", DTYPE_f32, latent);
    for (int i = 0; i < s->slots; i++)
        state[1 + i] = graph_state(g, arena_printf(&g->arena, "slot.%d", i), DTYPE_f32, latent);

    value_id times = graph_input(g, "timestep_embeddings", DTYPE_f32, RATE_RUN, SHAPE(s->rows, c->unet_channels[0]));
    value_id table = graph_input(g, "coefficients", DTYPE_f32, RATE_RUN, SHAPE(s->rows, states * (states + 1)));
    value_id context = graph_input(g, "context", DTYPE_f32, RATE_RUN,
                                   SHAPE(s->images * (s->guided ? 2 : 1), TEXT_TOKENS, c->text_width));

    graph_push(g, "sampler");
    value_id x = state[0];
    if (s->scales_input) {
        value_id scales = graph_input(g, "input_scales", DTYPE_f32, RATE_RUN, SHAPE(s->rows, 1));
        value_id scale = graph_step_row(g, "input_scale", scales, counter);
        x = graph_binary(g, OP_mul, "scale_input", x, scale);
    }
    if (s->guided)
        x = graph_repeat(g, "repeat", x, 2);
    value_id time = graph_step_row(g, "timestep_embedding", times, counter);
    graph_pop(g);

    value_id eps = model_unet(g, c, d, x, time, context);

    graph_push(g, "sampler");
    if (s->guided)
        eps = graph_guidance(g, "guidance", eps, s->guidance);
    value_id coefficients = graph_step_row(g, "coefficients_row", table, counter);
    graph_sampler_update(g, "update", coefficients, eps, states, state, next);
    graph_state_next(g, counter, graph_unary(g, OP_advance, "advance", counter));
    graph_pop(g);

    graph_output(g, "latent", next[0]);
    return g;
}
