/* How a GPU is set up, where that bears on its times: "persistence on, MIG off, power limit 700 W, ...". It is told,
 * never changed. */
#ifndef SDBENCH_PROFILER_SENSORS_SETTINGS_H
#define SDBENCH_PROFILER_SENSORS_SETTINGS_H

#include "pipeline/base/text.h"

/* By its PCI bus id; nothing is added where NVML does not know. */
void gpu_settings(const char *bus, struct text *out);

#endif
