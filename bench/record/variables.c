#include "bench/record/variables.h"

#include <stdlib.h>
#include <string.h>

#include "bench/device.h"
#include "pipeline/base/error.h"

enum { LONGEST_VALUE = 256 };

static const char *const prefixes[] = {"CUDA_", "CUBLAS",  "CUDNN", "NVIDIA_", "OMP_",
                                       "DNNL_", "ONEDNN_", "KMP_",  "GOMP_",   "SDBENCH_"};

/* Keys of services have such names: their values are nobody's business. */
static const char *const secrets[] = {"KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL"};

bool variable_matters(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

void words_redact(const char *text, const char *separators, struct text *out)
{
    while (*text) {
        size_t between = strspn(text, separators), n = strcspn(text + between, separators);
        char *word = strndup(text + between, n), *kept = word ? device_redact(word) : NULL;
        text_add_bytes(out, text, between);
        text_add(out, "%s", kept ? kept : "");
        free(kept);
        free(word);
        text += between + n;
    }
}

void variable_redact(const char *name, const char *value, struct text *out)
{
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        if (strcasestr(name, secrets[i])) {
            text_add(out, "...");
            return;
        }
    struct text plain = {0};
    words_redact(value, ",:;= ", &plain);
    text_add(out, "%.*s%s", LONGEST_VALUE, text_get(&plain), plain.length > LONGEST_VALUE ? "..." : "");
    text_free(&plain);
}

void variables_add(cJSON *object, char *const *environment)
{
    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        char *name = equals ? strndup(*environment, (size_t)(equals - *environment)) : NULL;
        struct text value = {0};
        if (name && variable_matters(name)) {
            variable_redact(name, equals + 1, &value);
            cJSON_AddStringToObject(object, name, text_get(&value));
        }
        text_free(&value);
        free(name);
    }
}
