#include "bench/json.h"

#include <stdio.h>

struct err json_print(cJSON *json)
{
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    if (!text)
        return err_fail("out of memory for the result as JSON");
    puts(text);
    cJSON_free(text);
    return OK;
}
