#include "bench/record/command_line.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench/device.h"

cJSON *command_line_words(void)
{
    cJSON *list = cJSON_CreateArray();
    FILE *f = fopen("/proc/self/cmdline", "r");
    char *word = NULL;
    size_t size = 0;
    while (f && getdelim(&word, &size, 0, f) > 0) {
        char *kept = device_redact(word);
        cJSON_AddItemToArray(list, cJSON_CreateString(kept ? kept : ""));
        free(kept);
    }
    free(word);
    if (f)
        fclose(f);
    return list;
}
