/* How fast a launch could be, by the peaks that were measured beside its profile. */
#ifndef SDBENCH_BENCH_PROFILE_ROOF_OF_H
#define SDBENCH_BENCH_PROFILE_ROOF_OF_H

#include "bench/profile/profile.h"
#include "profiler/roof/roofs.h"

/* Its peaks, the best of each kind. */
struct roofs profile_roofs(const struct profile *p);

/* What a product of a dtype could do in theory at the clock that was measured; NULL: not known. */
const struct profile_roof *profile_theory_of(const struct profile *p, const char *dtype);

/* Of one call of a launch's main kernel (roof_time); not known where it has no cost, or a peak is missing. */
struct roof_time profile_roof_of(const struct roofs *r, const struct profile_kernel *k);

#endif
