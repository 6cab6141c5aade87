/* The choices of an open backend: for each operation's signature one of its candidates. Known ones come from a pinned
 * file or the cache; the others are timed on the device within the budget, or are the first that can be made. */
#ifndef SDBENCH_CUDA_CHOICES_H
#define SDBENCH_CUDA_CHOICES_H

#include "pipeline/base/text.h"
#include "pipeline/runtime/backend.h"
#include "pipeline/runtime/cuda/choice/plan_file.h"

struct cuda_device;
struct choices;

/* options->plan_file pins all choices; otherwise the cache's file of this device, driver, libraries and build is read.
 * `key` names these. Both pointers of *options must outlive it. */
struct err choices_open(const struct backend_options *options, const struct cuda_device *device, const char *libraries,
                        struct choices **out);
void choices_close(struct choices *c); /* c may be NULL */

/* Writes what is new to the cache (where that cannot be, the next run chooses again), and all of it to
 * options->save_plan. */
struct err choices_keep(struct choices *c);

/* Implementations of one operation. `context` holds at most one of them ready; make, recall and keep set which. */
struct candidates {
    void *context;
    int count;
    bool can_be_timed;
    bool (*compiles)(void *context, int candidate);
    struct err (*make)(void *context, int candidate); /* ready to run */
    struct err (*time)(void *context, int candidate, int runs, int64_t *ns);
    struct err (*recall)(void *context, const struct plan_entry *entry); /* ready, as it was told before */
    struct err (*tell)(void *context, char **choice, char **detail);     /* the one that is ready; both malloc'ed */
};

/* Leaves the chosen one ready in the context. Where none can be made: the first one's reason. */
struct err choices_choose(struct choices *c, const char *signature, const struct candidates *set);

/* "12 operations chosen: 10 from the cache, 2 by timing 31 of 57 candidates"; "" where there was no choice. */
void choices_describe(const struct choices *c, struct text *out);

#endif
