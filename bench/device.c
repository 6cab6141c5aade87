#include "bench/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (*text)
        cJSON_AddStringToObject(object, name, text);
}

void device_add_name(cJSON *object, const struct device_facts *f)
{
    add_text(object, "device", f->name);
    add_text(object, "device_slice", f->slice);
}

void device_add_more(cJSON *object, const struct device_facts *f)
{
    if (f->capability)
        cJSON_AddNumberToObject(object, "device_capability", f->capability);
    if (f->multiprocessors)
        cJSON_AddNumberToObject(object, "device_multiprocessors", f->multiprocessors);
    if (f->memory_bytes)
        json_add_count(object, "device_memory_bytes", f->memory_bytes);
    add_text(object, "device_driver", f->driver);
    add_text(object, "device_libraries", f->libraries);
    if (f->other_processes >= 0)
        cJSON_AddNumberToObject(object, "device_other_processes", f->other_processes);
}

static void read_text(const cJSON *object, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s", json_string(object, name));
}

struct device_facts device_read(const cJSON *object)
{
    struct device_facts f = {.capability = (int)json_number(object, "device_capability"),
                             .multiprocessors = (int)json_number(object, "device_multiprocessors"),
                             .memory_bytes = (uint64_t)json_number(object, "device_memory_bytes"),
                             .other_processes = -1};
    if (cJSON_HasObjectItem(object, "device_other_processes"))
        f.other_processes = (int)json_number(object, "device_other_processes");
    read_text(object, "device", f.name, sizeof f.name);
    read_text(object, "device_slice", f.slice, sizeof f.slice);
    read_text(object, "device_driver", f.driver, sizeof f.driver);
    read_text(object, "device_libraries", f.libraries, sizeof f.libraries);
    return f;
}

char *device_redact(const char *word)
{
    const char *equals = strncmp(word, "--", 2) ? NULL : strchr(word, '='), *slash = strrchr(word, '/');
    int option = equals ? (int)(equals + 1 - word) : 0;
    const char *value = word + option, *kept = slash && slash >= value ? slash + 1 : value;
    bool is_uuid = !strncmp(value, "GPU-", 4) || !strncmp(value, "MIG-", 4);
    char *out;
    if (asprintf(&out, "%.*s%.*s%s", option, word, is_uuid ? 4 : (int)strlen(kept), kept, is_uuid ? "..." : "") < 0)
        return NULL;
    return out;
}
