/* Plans as text: all that a plan is made of, under the names that cuDNN gives to the parts of its own. */
#include "tests/cuda/host/fake_cudnn.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool json_number(const char *json, const char *key, int *out)
{
    cJSON *all = cJSON_Parse(json);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(all, key);
    bool there = cJSON_IsNumber(item);
    if (there)
        *out = item->valueint;
    cJSON_Delete(all);
    return there;
}

static void add_numbers(cJSON *to, const char *key, const int64_t *value, int n)
{
    cJSON *list = cJSON_AddArrayToObject(to, key);
    for (int i = 0; i < n; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)value[i]));
}

/* between: the type of what an addend is added to. */
static void add_tensor(cJSON *list, const struct tensor *t, enum dtype between)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(list, o);
    cJSON_AddNumberToObject(o, "uid", (double)t->uid);
    cJSON_AddNumberToObject(o, "dataType", (double)t->type);
    add_numbers(o, "dim", t->dim, RANK);
    add_numbers(o, "stride", t->stride, RANK);
    cJSON_AddNumberToObject(o, "ptrAlignment", (double)t->alignment);
    cJSON_AddBoolToObject(o, "isByValue", t->by_value);
    cJSON_AddNumberToObject(o, "addedTo", (double)between);
}

char *plan_json(const struct made *m)
{
    const struct problem *p = &m->problem;
    cJSON *all = cJSON_CreateObject(), *graph, *tensors, *profile, *engine;
    cJSON_AddNumberToObject(all, "cudnnVersion", CUDNN_VERSION);
    graph = cJSON_AddObjectToObject(all, "operationGraph");
    cJSON_AddNumberToObject(graph, "kind", p->kind);
    tensors = cJSON_AddArrayToObject(graph, "tensors");
    for (int i = 0; i < (p->kind == PROBLEM_conv ? Y + 1 : TENSORS); i++)
        add_tensor(tensors, &p->t[i], DTYPE_f32);
    tensors = cJSON_AddArrayToObject(graph, "addends");
    for (int i = 0; i < p->addends; i++)
        add_tensor(tensors, &p->addend[i], p->between[i]);
    add_numbers(graph, "prePad", p->before, 2);
    add_numbers(graph, "postPad", p->after, 2);
    add_numbers(graph, "stride", p->stride, 2);
    cJSON_AddNumberToObject(graph, "alpha", p->alpha);
    cJSON_AddNumberToObject(graph, "beta", p->beta);
    profile = cJSON_AddObjectToObject(all, "GPUProfile");
    cJSON_AddNumberToObject(profile, "deviceVer", m->capability);
    engine = cJSON_AddObjectToObject(all, "engine");
    cJSON_AddNumberToObject(engine, "engineId", m->engine);
    cJSON_AddNumberToObject(engine, "knobChoice", m->knob);
    char *text = cJSON_PrintUnformatted(all);
    cJSON_Delete(all);
    return text;
}

static bool get_number(const cJSON *o, const char *key, double *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    *out = cJSON_IsNumber(item) ? item->valuedouble : 0;
    return cJSON_IsNumber(item);
}

static bool get_int(const cJSON *o, const char *key, int *out)
{
    double d;
    bool there = get_number(o, key, &d);
    *out = (int)d;
    return there;
}

static bool get_numbers(const cJSON *o, const char *key, int64_t *value, int n)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(o, key);
    bool good = cJSON_IsArray(list) && cJSON_GetArraySize(list) == n;
    for (int i = 0; good && i < n; i++) {
        const cJSON *item = cJSON_GetArrayItem(list, i);
        good = cJSON_IsNumber(item);
        value[i] = good ? (int64_t)item->valuedouble : 0;
    }
    return good;
}

static bool get_tensor(const cJSON *o, struct tensor *t, enum dtype *between)
{
    int type = -1, to = -1;
    double uid = 0, alignment = 0;
    bool good = get_number(o, "uid", &uid) && get_int(o, "dataType", &type) && get_numbers(o, "dim", t->dim, RANK) &&
                get_numbers(o, "stride", t->stride, RANK) && get_number(o, "ptrAlignment", &alignment) &&
                get_int(o, "addedTo", &to) && alignment >= 1 && type >= 0 && type <= DTYPE_bf16 && to >= 0 &&
                to <= DTYPE_bf16;
    for (int i = 0; good && i < RANK; i++)
        good = t->dim[i] > 0 && t->stride[i] >= 0;
    t->uid = (int64_t)uid;
    t->alignment = (int64_t)alignment;
    t->type = (enum dtype)type;
    t->by_value = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "isByValue"));
    *between = (enum dtype)to;
    return good;
}

static bool get_problem(const cJSON *graph, struct problem *p)
{
    const cJSON *tensors = cJSON_GetObjectItemCaseSensitive(graph, "tensors"),
                *addends = cJSON_GetObjectItemCaseSensitive(graph, "addends");
    int kind = 0, count = cJSON_GetArraySize(tensors);
    enum dtype unused;
    bool good = get_int(graph, "kind", &kind) && kind > PROBLEM_none && kind < PROBLEM_KINDS &&
                count == (kind == PROBLEM_conv ? Y + 1 : (int)TENSORS) && cJSON_IsArray(addends) &&
                cJSON_GetArraySize(addends) <= ADDENDS && get_numbers(graph, "prePad", p->before, 2) &&
                get_numbers(graph, "postPad", p->after, 2) && get_numbers(graph, "stride", p->stride, 2) &&
                get_number(graph, "alpha", &p->alpha) && get_number(graph, "beta", &p->beta);
    p->kind = (enum problem_kind)kind;
    for (int i = 0; good && i < count; i++)
        good = get_tensor(cJSON_GetArrayItem(tensors, i), &p->t[i], &unused);
    p->addends = good ? cJSON_GetArraySize(addends) : 0;
    for (int i = 0; good && i < p->addends; i++)
        good = get_tensor(cJSON_GetArrayItem(addends, i), &p->addend[i], &p->between[i]);
    return good;
}

static cudnnStatus_t parse(const cJSON *all, int capability, struct made *m)
{
    const cJSON *engine = cJSON_GetObjectItemCaseSensitive(all, "engine");
    int version = 0;
    REQUIRE(all && get_int(all, "cudnnVersion", &version), CUDNN_STATUS_BAD_PARAM);
    REQUIRE(version == CUDNN_VERSION, CUDNN_STATUS_SERIALIZATION_VERSION_MISMATCH);
    REQUIRE(get_problem(cJSON_GetObjectItemCaseSensitive(all, "operationGraph"), &m->problem), CUDNN_STATUS_BAD_PARAM);
    REQUIRE(get_int(cJSON_GetObjectItemCaseSensitive(all, "GPUProfile"), "deviceVer", &m->capability) &&
                get_int(engine, "engineId", &m->engine) && get_int(engine, "knobChoice", &m->knob),
            CUDNN_STATUS_BAD_PARAM);
    REQUIRE(m->capability == capability, CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH);
    return engine_for(m) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t plan_parse(const char *json, int capability, struct made *out)
{
    *out = (struct made){0};
    cJSON *all = cJSON_Parse(json);
    cudnnStatus_t status = parse(all, capability, out);
    cJSON_Delete(all);
    return status;
}
