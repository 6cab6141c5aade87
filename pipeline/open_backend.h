/* Which backend an engine's options mean, opened. */
#ifndef SDBENCH_OPEN_BACKEND_H
#define SDBENCH_OPEN_BACKEND_H

#include "pipeline/engine.h"

struct open_backend {
    const struct backend *backend;
    void *state;
};

/* `auto` is cuda where a device answers, else cpu; but what only a device has (TF32, the options about devices) is not
 * looked for on the cpu: then the error is cuda's. */
struct err open_backend(const struct engine_options *o, bool tf32, struct open_backend *out);

/* What passes are told of a backend. */
struct pass_context backend_pass_context(const struct backend *b);

/* "sm_90": plans can be made for such a device, and none can run. */
bool device_is_described(const char *device);

#endif
