/* The verifier: a sound graph passes, and each thing that may be wrong with one is found and named. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/verify.h"

/* A sound graph with the values and nodes that the offences change. */
struct subject {
    struct graph *g;
    value_id image, conv, norm, sum, heads, merged, probabilities, counter, next, pixels;
};

static struct subject subject_new(void)
{
    struct subject s = {.g = graph_new("subject")};
    struct graph *g = s.g;
    s.image = graph_input(g, "image", DTYPE_f32, RATE_LOOP, SHAPE(2, 8, 4, 4));
    s.conv = graph_conv(g, "conv", s.image, 8, 3, 1, 1);
    s.norm = graph_group_norm(g, "norm", s.conv, 4, 1e-5);
    s.sum = graph_binary(g, OP_add, "sum", s.norm, s.image);
    value_id tokens = graph_input(g, "tokens", DTYPE_f32, RATE_LOOP, SHAPE(2, 7, 8));
    s.heads = graph_split_heads(g, "heads", tokens, 2);
    g->value[s.heads].layout = LAYOUT_tokens_first;
    value_id scores = graph_matmul(g, "scores", s.heads, s.heads, true);
    s.probabilities = graph_softmax(g, "softmax", scores, false);
    value_id mixed = graph_matmul(g, "values", s.probabilities, s.heads, false);
    g->value[mixed].layout = LAYOUT_tokens_first;
    s.merged = graph_unary(g, OP_merge_heads, "merge", mixed);
    s.counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    s.next = graph_unary(g, OP_advance, "advance", s.counter);
    g->value[s.next].dtype = DTYPE_i32;
    graph_state_next(g, s.counter, s.next);
    s.pixels = graph_pixels(g, "pixels", graph_conv(g, "rgb", s.sum, 3, 1, 1, 0), true);
    return s;
}

static struct node *maker(struct subject *s, value_id v)
{
    return &s->g->node[s->g->value[v].producer];
}

static struct value *parameter(struct subject *s, value_id layer, int input)
{
    return &s->g->value[maker(s, layer)->input[input]];
}

/* The offences: each changes one thing. */
// clang-format off
static void absent_input(struct subject *s)      { maker(s, s->sum)->input[1] = NO_VALUE; }
static void input_out_of_range(struct subject *s) { maker(s, s->sum)->input[1] = s->g->n_values; }
static void absent_weight(struct subject *s)     { maker(s, s->conv)->input[IN_WEIGHT] = NO_VALUE; }
static void reads_itself(struct subject *s)      { maker(s, s->sum)->input[0] = s->sum; }
static void reads_later(struct subject *s)       { maker(s, s->sum)->input[0] = s->merged; }
static void wrong_shape(struct subject *s)       { s->g->value[s->norm].shape.dim[1] = 7; }
static void wrong_producer(struct subject *s)    { s->g->value[s->norm].producer = s->g->value[s->conv].producer; }
static void broken_rule(struct subject *s)       { maker(s, s->norm)->params.groups = 3; }
static void wrong_rate(struct subject *s)        { maker(s, s->norm)->rate = RATE_RUN; }
static void wrong_value_rate(struct subject *s)  { s->g->value[s->norm].rate = RATE_RUN; }
static void wrong_count(struct subject *s)       { maker(s, s->norm)->n_outputs = 2; }
static void missing_cast(struct subject *s)      { s->g->value[s->norm].dtype = DTYPE_bf16; }
static void weight_dtype(struct subject *s)      { parameter(s, s->conv, IN_WEIGHT)->dtype = DTYPE_bf16; }
static void bias_dtype(struct subject *s)        { parameter(s, s->conv, IN_BIAS)->dtype = DTYPE_bf16; }
static void norm_weight_dtype(struct subject *s) { parameter(s, s->norm, IN_WEIGHT)->dtype = DTYPE_bf16; }
static void view_converts(struct subject *s)     { s->g->value[s->merged].dtype = DTYPE_bf16; }
static void integer_result(struct subject *s)    { s->g->value[s->probabilities].dtype = DTYPE_i32; }
static void pixels_not_u8(struct subject *s)     { s->g->value[s->pixels].dtype = DTYPE_f32; }
static void missing_reorder(struct subject *s)   { s->g->value[s->image].layout = LAYOUT_channels_last; }
static void view_needs_reorder(struct subject *s) { s->g->value[maker(s, s->merged)->input[0]].layout = LAYOUT_rows; }
static void state_dtype(struct subject *s)       { s->g->value[s->counter].dtype = DTYPE_f32; }
static void state_layout(struct subject *s)      { s->g->value[s->next].layout = LAYOUT_channels_last; }
static void state_shape(struct subject *s)       { s->g->value[s->counter].next = s->pixels; }
// clang-format on

static void read_after_write(struct subject *s)
{
    value_id late = graph_unary(s->g, OP_advance, "late", s->counter);
    s->g->value[late].dtype = DTYPE_i32;
}

static void builders_error(struct subject *s)
{
    graph_slice(s->g, "cut", s->image, 0, 9);
}

static void nothing(struct subject *s)
{
    (void)s;
}

Test(graph_verify, each_offence_is_named)
{
    static const struct {
        const char *name;
        void (*commit)(struct subject *);
        const char *where, *what; /* parts of the error's text */
    } offences[] = {
#define OFFENCE(name) #name, name
        // clang-format off
        {OFFENCE(absent_input),       "sum (add)",           "input 1 does not exist"},
        {OFFENCE(input_out_of_range), "sum (add)",           "input 1 does not exist"},
        {OFFENCE(absent_weight),      "conv (conv)",         "input 0 does not exist"},
        {OFFENCE(reads_itself),       "sum (add)",           "input 0 is computed after it is read"},
        {OFFENCE(reads_later),        "sum (add)",           "input 0 is computed after it is read"},
        {OFFENCE(wrong_shape),        "norm (group_norm)",   "result 0 does not follow"},
        {OFFENCE(wrong_producer),     "norm (group_norm)",   "result 0 does not follow"},
        {OFFENCE(broken_rule),        "norm (group_norm)",   "8 channels are not 3 equal groups"},
        {OFFENCE(wrong_rate),         "norm (group_norm)",   "rate is run, inputs make it loop"},
        {OFFENCE(wrong_value_rate),   "norm (group_norm)",   "result 0 does not follow"},
        {OFFENCE(wrong_count),        "norm (group_norm)",   "has 2 results, not 1"},
        {OFFENCE(missing_cast),       "sum (add)",           "reads bf16 and f32: a cast is missing"},
        {OFFENCE(weight_dtype),       "conv (conv)",         "weight is bf16, sources are f32"},
        {OFFENCE(bias_dtype),         "conv (conv)",         "bias must be f32"},
        {OFFENCE(norm_weight_dtype),  "norm (group_norm)",   "weight is bf16"},
        {OFFENCE(view_converts),      "merge (merge_heads)", "reads f32 and makes bf16: only a cast may"},
        {OFFENCE(integer_result),     "softmax (softmax)",   "makes i32"},
        {OFFENCE(pixels_not_u8),      "pixels (pixels)",     "must make u8"},
        {OFFENCE(missing_reorder),    "sum (add)",           "a reorder is missing"},
        {OFFENCE(view_needs_reorder), "merge",               "needs a reorder"},
        {OFFENCE(state_dtype),        "state counter",       "differs in shape, dtype or layout"},
        {OFFENCE(state_layout),       "state counter",       "differs in shape, dtype or layout"},
        {OFFENCE(state_shape),        "state counter",       "differs in shape, dtype or layout"},
        {OFFENCE(read_after_write),   "state counter",       "read by late after its next value was written"},
        {OFFENCE(builders_error),     "cut (slice)",         "out of range"},
        // clang-format on
    };
    for (size_t i = 0; i < ARRAY_LEN(offences); i++) {
        struct subject s = subject_new();
        offences[i].commit(&s);
        struct err e = graph_verify(s.g);
        cr_expect(e.code == ERR_FAILED, "%s: passes", offences[i].name);
        cr_expect(!e.code || (strstr(err_text(e), "graph subject: ") && strstr(err_text(e), offences[i].where) &&
                              strstr(err_text(e), offences[i].what)),
                  "%s: \"%s\"", offences[i].name, err_text(e));
        err_free(&e);
        graph_free(s.g);
    }
}

/* What mixed precision does is sound: norms and arithmetic may store in 16 bit, products may keep float32. */
static void reads_bf16_writes_f32(struct subject *s)
{
    s->g->value[s->image].dtype = DTYPE_bf16;
    parameter(s, s->conv, IN_WEIGHT)->dtype = DTYPE_bf16;
    s->g->value[s->norm].dtype = DTYPE_bf16;
}

static void softmax_stores_16_bit(struct subject *s)
{
    value_id scores = maker(s, s->probabilities)->input[0];
    s->g->value[graph_find(s->g, "tokens")].dtype = DTYPE_bf16;
    s->g->value[s->heads].dtype = DTYPE_bf16;
    s->g->value[s->probabilities].dtype = DTYPE_bf16;
    cr_assert(s->g->value[scores].dtype == DTYPE_f32);
}

static void all_channels_last(struct subject *s)
{
    for (value_id v = s->image; v <= s->sum; v++)
        if (s->g->value[v].kind != VALUE_WEIGHT)
            s->g->value[v].layout = LAYOUT_channels_last;
}

Test(graph_verify, sound_graphs_pass)
{
    static void (*const change[])(struct subject *) = {nothing, reads_bf16_writes_f32, softmax_stores_16_bit,
                                                       all_channels_last};
    for (size_t i = 0; i < ARRAY_LEN(change); i++) {
        struct subject s = subject_new();
        change[i](&s);
        struct err e = graph_verify(s.g);
        cr_expect(!e.code, "change %zu: %s", i, err_text(e));
        err_free(&e);
        graph_free(s.g);
    }
}
