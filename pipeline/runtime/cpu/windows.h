/* Convolutions with a window, as the parts of a product: one a source. */
#ifndef SDBENCH_CPU_WINDOWS_H
#define SDBENCH_CPU_WINDOWS_H

#include "pipeline/runtime/cpu/product.h"

struct windows {
    struct window window;
    struct tensor weight;   /* (K,C,r,r) over all sources, as stored in the checkpoint ... */
    int64_t first;          /* ... from this element on */
    struct tensor y;        /* (N,K,H,W): the result, where the library may write it */
    bool ours;              /* it may not: our own pass puts the sums in their places */
    struct places from, to; /* for that pass: of the residual and the result */
};

/* The first way for which the library has real kernels. */
struct err plan_windows(const struct site *s, struct product *k, const struct windows *w);

/* Where pixels of a dense image that lies channels last are. */
struct err places_of(const struct value *v, const char *what, struct places *out);

#endif
