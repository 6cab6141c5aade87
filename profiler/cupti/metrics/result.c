#include "profiler/cupti/metrics/result.h"

#include <stddef.h>

struct err metrics_result(int result, enum err_code code, const char *call)
{
    static const struct {
        int number;
        const char *what, *remedy;
    } rows[] = {
#define RESULT(number, name, what, remedy) {number, what, remedy},
#include "profiler/cupti/metrics/results.def"
#undef RESULT
    };
    if (result == CUPTI_SUCCESS)
        return OK;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].number == result)
            return err_make(code, "metrics: %s: %s (%s gave %d)", rows[i].what, rows[i].remedy, call, result);
    return err_make(code, "metrics: CUPTI refuses: %s gave %d", call, result);
}
