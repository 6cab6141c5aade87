#include "profiler/cupti/result.h"

#include <stddef.h>

struct err cupti_result(int result, enum err_code code, const char *doing, __typeof__(cuptiGetResultString) *name_of)
{
    static const struct {
        int number;
        const char *what, *remedy;
    } rows[] = {
#define RESULT(number, name, what, remedy) {number, what, remedy},
#include "profiler/cupti/results.def"
#undef RESULT
    };
    const char *name = NULL;
    if (result == CUPTI_SUCCESS)
        return OK;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].number == result)
            return err_make(code, "CUPTI: %s: %s (%s: error %d)", rows[i].what, rows[i].remedy, doing, result);
    if (!name_of || name_of((CUptiResult)result, &name) != CUPTI_SUCCESS || !name)
        name = "it gives no reason";
    return err_make(code, "CUPTI: %s (%s: error %d)", name, doing, result);
}
