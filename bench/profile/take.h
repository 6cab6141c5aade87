/* One kind of record each: what it says, into the profile. */
#ifndef SDBENCH_BENCH_PROFILE_TAKE_H
#define SDBENCH_BENCH_PROFILE_TAKE_H

#include "bench/profile/fields.h"
#include "bench/profile/profile.h"

struct err take_profile(struct profile *p, struct fields *f);
struct err take_account(struct profile *p, struct fields *f);
struct err take_kernel(struct profile *p, struct fields *f);
struct err take_step(struct profile *p, struct fields *f);
struct err take_roof(struct profile *p, struct fields *f);
struct err take_host(struct profile *p, struct fields *f);
struct err take_counted(struct profile *p, struct fields *f);

void profile_kernel_free(struct profile_kernel *k);
void profile_host_free(struct profile_host *h);
void profile_counted_free(struct profile_counted *c);

/* A list that grows by one has room for it: lists double from 16 on. */
struct err take_room(void **list, int n, size_t size);

/* The reason stays the first one. */
struct err take_invalid(struct profile *p, const char *reason);

/* In place. */
double take_median(double *value, int n);

/* More rows of a kind are no profile of ours. */
enum { MOST_ROWS = 1 << 20 };

#endif
