#include "pipeline/runtime/watch.h"

const char *const stage_names[STAGE_COUNT] = {[STAGE_RUN] = "run", [STAGE_STEP] = "step"};

static _Thread_local const struct watch *attached;

const struct watch *watch_attach(const struct watch *w)
{
    const struct watch *before = attached;
    attached = w;
    return before;
}

const struct watch *watch_attached(void)
{
    return attached;
}

void watch_tell(const struct watch_event *e)
{
    if (attached)
        attached->event(attached->context, e);
}
