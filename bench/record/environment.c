#include "bench/record/environment.h"

#include <unistd.h>

#include "bench/build_facts.h"
#include "bench/container.h"
#include "bench/json.h"
#include "bench/machine.h"
#include "bench/record/variables.h"
#include "bench/storage.h"
#include "bench/system_file.h"
#include "bench/version.h"
#include "pipeline/base/text.h"

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (*text)
        cJSON_AddStringToObject(object, name, text);
}

static void add_program(cJSON *record)
{
    struct arena arena = {0};
    struct text flags = {0};
    words_redact(build_facts.flags, " ", &flags);
    add_text(record, "sdbench", SDBENCH_VERSION);
    add_text(record, "libraries", version_libraries(&arena));
    add_text(record, "revision", build_facts.revision);
    add_text(record, "source", build_facts.source);
    add_text(record, "compiler", build_facts.compiler);
    add_text(record, "flags", text_get(&flags));
    text_free(&flags);
    arena_free(&arena);
}

static void add_machine(cJSON *record)
{
    struct machine m = machine_describe();
    add_text(record, "cpu", m.cpu);
    cJSON_AddNumberToObject(record, "cores", m.cores);
    cJSON_AddNumberToObject(record, "cores_online", m.cores_online);
    if (m.cgroup_cores > 0)
        cJSON_AddNumberToObject(record, "cgroup_cores", m.cgroup_cores);
    if (m.numa_nodes)
        cJSON_AddNumberToObject(record, "numa_nodes", m.numa_nodes);
    add_text(record, "governor", m.governor);
    json_add_count(record, "memory_bytes", m.memory_bytes);
    json_add_count(record, "swap_bytes", m.swap_bytes);
    add_text(record, "kernel", m.kernel);
    add_text(record, "distribution", m.distribution);
}

static void add_virtual(cJSON *record)
{
    char line[128];
    add_text(record, "container", container_read());
    add_text(record, "virtualisation", virtualisation_read());
    system_file_line("/sys/class/dmi/id/sys_vendor", line, sizeof line);
    add_text(record, "machine_vendor", line);
    system_file_line("/sys/class/dmi/id/product_name", line, sizeof line);
    add_text(record, "machine_model", line);
}

void environment_add(cJSON *record)
{
    add_program(record);
    add_machine(record);
    add_virtual(record);
    variables_add(cJSON_AddObjectToObject(record, "variables"), environ);
}

void environment_add_storage(cJSON *record, const char *name, const char *path)
{
    struct storage s = storage_of(path);
    cJSON *all = cJSON_GetObjectItemCaseSensitive(record, "storage");
    cJSON *one = cJSON_AddObjectToObject(all ? all : cJSON_AddObjectToObject(record, "storage"), name);
    add_text(one, "filesystem", s.filesystem);
    add_text(one, "options", s.options);
    add_text(one, "model", s.model);
    if (s.rotational >= 0)
        cJSON_AddBoolToObject(one, "rotational", s.rotational);
}
