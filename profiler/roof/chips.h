/* What a device could do in theory, at a clock that it really had: beside what was measured (roofs.h). Of a CPU it is
 * not known: what its cores can do in a clock is, but not the clock that they hold at that. */
#ifndef SDBENCH_PROFILER_ROOF_CHIPS_H
#define SDBENCH_PROFILER_ROOF_CHIPS_H

#include "pipeline/runtime/backend.h"

/* FLOP a second of products of a dtype; 0 where it is not known. tf32: those of f32 may be of TF32. */
double chip_product_rate(const struct device_facts *d, enum dtype dtype, bool tf32, double clock_hz);

/* Bytes a second of memory that moves data twice a clock, as the driver tells the clock; 0 where either is 0. */
double chip_memory_rate(double memory_clock_hz, int bus_bits);

#endif
