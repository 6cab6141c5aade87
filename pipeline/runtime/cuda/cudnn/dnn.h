/* cuDNN's graph interface, as far as the pipeline needs it: convolutions with their epilogue and attention, from a
 * described problem to a plan that runs. Needs no GPU to make plans: a device may be described instead of opened. */
#ifndef SDBENCH_CUDA_CUDNN_DNN_H
#define SDBENCH_CUDA_CUDNN_DNN_H

#include <cuda_runtime_api.h>
#include <stdbool.h>

#include "pipeline/base/dtype.h"
#include "pipeline/base/error.h"

/* Which arithmetic an engine may use: a row of the table in numerics.c says which notes are refused. */
enum numerics {
    NUMERICS_ieee, /* float32: no TF32, no 16-bit inputs, no Winograd, no FFT */
    NUMERICS_tf32, /* float32 values, products of TF32 */
    NUMERICS_half, /* 16-bit values, float32 sums */
    NUMERICS_COUNT
};
extern const char *const numerics_names[NUMERICS_COUNT];

/* The library on a device. A zeroed handle cannot be used. */
struct dnn;
/* On the current CUDA device, enqueueing on `stream`. */
struct err dnn_open(cudaStream_t stream, struct dnn **out);
/* On a described device: plans can be made, never run. `json`: cuDNN's device properties (described.h). */
struct err dnn_open_described(const char *json, struct dnn **out);
void dnn_close(struct dnn *d); /* d may be NULL */

/* y = conv(x, w) + residual + bias, in that order: then cuDNN has precompiled kernels. x and y are channels last and
 * dense; w is (K,R,S,C) in memory. x, w, residual and bias have dtype `read`; y `write`. Sums are float32. nchw: all of
 * them are (N,C,H,W) and (K,C,R,S) instead. Where 16-bit values are read and float32 is written, all choices are
 * compiled at run time, or there is none. */
struct conv_problem {
    int64_t n, c, h, w, k, r, s, stride, pad[4] /* top, left, bottom, right */;
    enum dtype read, write;
    bool bias, residual, nchw;
    enum numerics numerics;
};
/* softmax(factor q k^T) v; (N,h,T,D) and (N,h,S,D) with strides in elements, the last 1; D a multiple of 8. Only of
 * 16-bit values, from sm_80 on, and compiled at run time. */
struct attention_problem {
    int64_t n, heads, t, s, d, q[3], k[3], v[3], y[3] /* strides of N, h, T */;
    enum dtype read;
    enum numerics numerics;
};
enum dnn_slot { DNN_X, DNN_W, DNN_Y, DNN_BIAS, DNN_RESIDUAL, DNN_SLOTS, DNN_Q = 0, DNN_K = 1, DNN_O = 2, DNN_V = 3 };

/* A problem with the engine configurations that may be used: the heuristic's order, then its fallbacks, then (for ieee,
 * or where there are none) all other engines; what the numerics refuse is left out. None left is ERR_ABSENT with the
 * reason. A graph needs its handle, and its plans keep what they need of the graph. */
struct dnn_graph;
struct err dnn_conv(struct dnn *d, const struct conv_problem *p, struct dnn_graph **out);
struct err dnn_attention(struct dnn *d, const struct attention_problem *p, struct dnn_graph **out);
void dnn_graph_free(struct dnn_graph *g);
int dnn_graph_choices(const struct dnn_graph *g);
/* The problem in words, one text for each: "conv f16 n6 c320 h64 w64 k320 3x3 stride 1 pad 1,1,1,1 bias half". */
const char *dnn_graph_signature(const struct dnn_graph *g);
/* Of a choice: its engine, whether that is compiled at run time by NVRTC (slow to make), and its name, the plan's. */
int dnn_choice_engine(const struct dnn_graph *g, int choice);
bool dnn_choice_compiles(const struct dnn_graph *g, int choice);
const char *dnn_choice_name(const struct dnn_graph *g, int choice);

/* A plan of one choice: finalized. Its name holds engine and knobs: equal names are equal choices. */
struct dnn_plan;
struct err dnn_plan_make(struct dnn_graph *g, int choice, struct dnn_plan **out);
void dnn_plan_free(struct dnn_plan *p);
size_t dnn_plan_workspace(const struct dnn_plan *p);
const char *dnn_plan_name(const struct dnn_plan *p);
/* Its text form (malloc'ed), and a plan of it: checked against damage, the graph and its choices, then by cuDNN. The
 * text holds machine code where the plan was compiled: only the owner of the process may be able to write it. */
struct err dnn_plan_text(const struct dnn_plan *p, char **out);
struct err dnn_plan_from_text(struct dnn_graph *g, const char *text, struct dnn_plan **out);
/* Addresses for all later runs, by slot, each a multiple of 16; what the problem does not have is not looked at.
 * factor: attention's. A second call replaces the first. */
struct err dnn_plan_bind(struct dnn_plan *p, void *const slot[DNN_SLOTS], float factor, void *workspace);
struct err dnn_plan_run(struct dnn_plan *p);

/* An error where the library that is loaded is older than the one compiled against, or incomplete; dnn_open asks, too.
 */
struct err dnn_check_version(void);
const char *dnn_version(void);

/* Loads the parts of the library and asks each for its version: slow, for a doctor. */
struct err dnn_check_parts(void);

#endif
