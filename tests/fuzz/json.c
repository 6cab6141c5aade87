/* Members of JSON objects, as reports of measured processes are read, and hashes on their way to text and back. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bench/json.h"

static void check_hash(uint64_t hash)
{
    cJSON *object = cJSON_CreateObject();
    json_add_hash(object, "hash", hash);
    json_add_count(object, "count", hash);
    fuzz_require(json_hash(object, "hash") == hash, "a hash comes back");
    cJSON_Delete(object);
}

static void read_members(const cJSON *object)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        const char *name = member->string ? member->string : "";
        double number = json_number(object, name);
        fuzz_require(cJSON_IsNumber(member) || !(number > 0) ||
                         member != cJSON_GetObjectItemCaseSensitive(object, name),
                     "a member of another type is 0");
        fuzz_require(json_string(object, name) != NULL, "a member of another type is an empty text");
        check_hash(json_hash(object, name));
        json_number(member, "time_ns");
    }
}

void fuzz_json(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    cJSON *report = cJSON_Parse(text);
    read_members(report);
    cJSON_Delete(report);
    free(text);
}
