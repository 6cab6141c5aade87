/* The verbs: one file each. */
#ifndef SDBENCH_BENCH_VERBS_H
#define SDBENCH_BENCH_VERBS_H

#include "bench/options.h"

struct err verb_generate(const struct options *o);
struct err verb_bench(const struct options *o);
struct err verb_profile(const struct options *o);
struct err verb_compare(const struct options *o);
struct err verb_gate(const struct options *o);
struct err verb_verify(const struct options *o);
struct err verb_plan(const struct options *o);
struct err verb_weights(const struct options *o);
struct err verb_tokenize(const struct options *o);
struct err verb_list(const struct options *o);
struct err verb_doctor(const struct options *o);

#endif
