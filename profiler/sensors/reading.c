#include "profiler/sensors/reading.h"

#include <math.h>

void sensor_reading_clear(struct sensor_reading *r)
{
    r->at_ns = 0;
    for (int q = 0; q < QUANTITIES; q++)
        r->value[q] = NAN;
}
