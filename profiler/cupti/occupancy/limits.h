/* A device's limits, from what the driver and CUPTI say of it. */
#ifndef SDBENCH_CUPTI_OCCUPANCY_LIMITS_H
#define SDBENCH_CUPTI_OCCUPANCY_LIMITS_H

#include <cupti.h>

#include "profiler/occupancy/occupancy.h"

/* The driver's cuDeviceGetAttribute. */
typedef CUresult occupancy_attribute(int *value, CUdevice_attribute attribute, CUdevice device);
struct err occupancy_limits_ask(occupancy_attribute *ask, int device, struct occupancy_device *out);

/* From a record of a trace: it lacks the shared memory that a block may ask for and that the system keeps, which follow
 * from the compute capability. */
void occupancy_limits_from_record(const CUpti_ActivityDevice5 *record, struct occupancy_device *out);

extern const struct occupancy_calculator occupancy_cupti;

#endif
