/* What is recorded of a machine: from made-up texts, and of this one. */
#include "bench/record/environment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_facts.h"
#include "bench/cgroup.h"
#include "bench/container.h"
#include "bench/json.h"
#include "bench/machine.h"
#include "bench/mounts.h"
#include "bench/record/record.h"
#include "bench/record/variables.h"
#include "bench/storage.h"
#include "pipeline/base/error.h"

Test(environment, counts_lists)
{
    static const struct {
        const char *text;
        int count;
    } cases[] = {{"0\n", 1},    {"0-3\n", 4}, {"0-1,4,6-7", 5},     {"", 0},
                 {"\n", 0},     {"-3", 0},    {"3-1\n", 0},         {"0-\n", 0},
                 {"a", 0},      {"0 1\n", 0}, {"0-99999999999", 0}, {"0,,1", 1},
                 {"12,13\n", 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_eq(machine_list_count(cases[i].text), cases[i].count, "\"%s\": %d", cases[i].text,
                     machine_list_count(cases[i].text));
}

Test(environment, reads_os_release)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"NAME=x\nPRETTY_NAME=\"Some Linux 12 (a)\"\nID=y\n", "Some Linux 12 (a)"},
        {"PRETTY_NAME=Plain\nID=y\n", "Plain"},
        {"PRETTY_NAME='one'", "one"},
        {"PRETTY_NAME=\"a \\\"b\\\" \\$c\"\n", "a \"b\" $c"},
        {"PRETTY_NAME=\"open\nID=y\n", "open"},
        {"NOT_PRETTY_NAME=a\nPRETTY_NAMES=b\n", ""},
        {"PRETTY_NAME=\"0123456789012345678901234567890123456789\"\n", "0123456789012345678901234567890"},
        {"PRETTY_NAME=\\", "\\"},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char name[32];
        machine_os_release(cases[i].text, "PRETTY_NAME", name, sizeof name);
        cr_expect_str_eq(name, cases[i].name, "%s: %s", cases[i].text, name);
    }
}

Test(environment, reads_sizes_and_models)
{
    static const char meminfo[] = "MemTotal:  100 kB\nNotSwapTotal: 1 kB\nSwapTotal:       2048 kB\nSwapFree: 0 kB\n";
    char model[16];
    cr_expect_eq(machine_meminfo_bytes(meminfo, "SwapTotal"), 2048 * 1024);
    cr_expect_eq(machine_meminfo_bytes(meminfo, "Swap"), 0);
    cr_expect_eq(machine_meminfo_bytes("SwapTotal: x kB", "SwapTotal"), 0);
    cr_expect_eq(machine_meminfo_bytes("", "SwapTotal"), 0);
    machine_cpu_model("processor\t: 0\nmodel name\t: A CPU @ 2:1\nmodel name\t: B\n", model, sizeof model);
    cr_expect_str_eq(model, "A CPU @ 2:1");
    machine_cpu_model("model name\nflags\t: a\n", model, sizeof model);
    cr_expect_str_eq(model, "", "a line without a value");
    machine_cpu_model("model name : a very long name of a processor", model, sizeof model);
    cr_expect_str_eq(model, "a very long nam");
    machine_cpu_model("", model, sizeof model);
    cr_expect_str_eq(model, "");
}

Test(environment, reads_limits_of_control_groups)
{
    static const struct {
        const char *text;
        double cores;
    } limits[] = {
        {"max 100000\n", 0}, {"150000 100000\n", 1.5}, {"50000 100000", 0.5}, {"", 0}, {"100000", 0}, {"-1 100000", 0},
        {"5 0", 0},          {"nan nan", 0},           {"1e300 1e-300", 0}};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        cr_expect_eq(cgroup_cpu_max(limits[i].text), limits[i].cores, "%s", limits[i].text);
    cr_expect_eq(cgroup_quota("-1", "100000"), 0, "version 1 says -1 where there is no limit");
    cr_expect_eq(cgroup_quota("250000", "100000"), 2.5);

    static const char groups[] = "9:name=systemd:/s\n7:cpuacct,cpu:/a/b:c\n3:cpuset:/d\n0::/x\n";
    static const struct {
        const char *text, *controller, *path; /* NULL: none */
    } paths[] = {{groups, "cpu", "/a/b:c"},    {groups, "cpuset", "/d"},
                 {groups, "", "/x"},           {groups, "memory", NULL},
                 {"0::/\n", "", "/"},          {"0::/only", "", "/only"},
                 {"0::/\n", "cpu", NULL},      {"", "", NULL},
                 {"7:cpu\n", "cpu", NULL},     {"7:cpu:\n", "cpu", NULL},
                 {"cpu\n:cpu:/\n", "x", NULL}, {"0::/longer-than-it-may-be", "", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char path[16] = "";
        bool found = cgroup_path(paths[i].text, paths[i].controller, path, sizeof path);
        cr_expect_eq(found, paths[i].path != NULL, "%s", paths[i].text);
        cr_expect(!found || !strcmp(path, paths[i].path), "%s: %s", paths[i].text, path);
    }
}

Test(environment, names_containers)
{
    static const struct {
        struct container_signs signs;
        const char *name;
    } cases[] = {
        {{"", "0::/\n", false, false, false}, "none"},
        {{"", "0::/init.scope\n0::/user.slice/session-1.scope\n", false, false, false}, "none"},
        {{"", "", false, false, false}, "none"},
        {{"", "0::/\n", true, false, false}, "docker"},
        {{"docker", "0::/\n", true, false, false}, "docker"},
        {{"", "5:cpu:/docker/0123\n", false, false, false}, "docker"},
        {{"", "0::/\n", false, true, false}, "podman"},
        {{"podman", "0::/\n", false, false, false}, "podman"},
        {{"", "0::/machine.slice/libpod-0123.scope\n", false, false, false}, "podman"},
        {{"lxc", "0::/.lxc\n", false, false, false}, "lxc"},
        {{"", "0::/lxc.payload.a/init.scope\n", false, false, false}, "lxc"},
        {{"systemd-nspawn", "0::/\n", false, false, false}, "unknown"},
        {{"wsl", "0::/\n", false, false, false}, "unknown"},
        {{"", "0::/kubepods/besteffort/pod1/docker-1\n", true, false, false}, "kubernetes"},
        {{"", "0::/\n", true, false, true}, "kubernetes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_str_eq(container_name(&cases[i].signs), cases[i].name, "%zu: %s", i, container_name(&cases[i].signs));
}

Test(environment, tells_virtual_machines)
{
    static const struct {
        const char *cpuinfo, *name;
    } cases[] = {{"processor : 0\nflags : fpu hypervisor lahf\n", "hypervisor"},
                 {"processor : 0\nflags : fpu hypervisor\nbugs : a\n", "hypervisor"},
                 {"processor : 0\nflags : fpu hypervisors nohypervisor\nbugs : hypervisor \n", "none"},
                 {"processor : 0\nFeatures : fp asimd\n", ""},
                 {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_str_eq(virtualisation_name(cases[i].cpuinfo), cases[i].name, "%s", cases[i].cpuinfo);
}

static const char mountinfo[] = "27 1 254:1 / / rw,relatime - ext4 /dev/vda1 ro,discard,errors=remount-ro\n"
                                "28 27 0:30 / /dev/shm rw shared:1 master:2 - tmpfs tmpfs rw,size=1k\n"
                                "no mount\n"
                                "29 27 8:17 /sub /mnt/my\\040disk rw - xfs /dev/sdb1 rw,sync\n"
                                "30 27 0:40 / /mnt/my\\040disk rw - btrfs /dev/sdc rw,compress=zstd:3,rotation\n"
                                "31 27 0:41 /cut /mnt/cut rw - ext4\n";

Test(environment, finds_file_systems)
{
    static const struct {
        const char *path, *type, *options;
    } cases[] = {{"/", "ext4", "ro,discard"},
                 {"/data/a", "ext4", "ro,discard"},
                 {"/dev/shm", "tmpfs", ""},
                 {"/dev/shm/a", "tmpfs", ""},
                 {"/dev/shmm", "ext4", "ro,discard"},
                 {"/mnt/my disk/a", "btrfs", "compress=zstd:3"}, /* mounted over the other */
                 {"/mnt/cut/a", "ext4", "ro,discard"}};          /* a line that is not whole */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct storage s = storage_find(mountinfo, cases[i].path);
        cr_expect_str_eq(s.filesystem, cases[i].type, "%s: %s", cases[i].path, s.filesystem);
        cr_expect_str_eq(s.options, cases[i].options, "%s: %s", cases[i].path, s.options);
        cr_expect_lt(s.rotational, 0);
    }
    cr_expect_str_eq(storage_find("", "/a").filesystem, "");

    struct mount m;
    const char *at = mountinfo;
    for (int i = 0; i < 3; i++)
        cr_assert(mount_next(&at, &m));
    cr_expect(m.major == 8 && m.minor == 17 && !strcmp(m.root, "/sub") && !strcmp(m.source, "/dev/sdb1"));
}

/* An overlay names all its layers: longer than what is kept of it, and a mount all the same. */
Test(environment, finds_file_systems_with_long_options)
{
    struct text text = {0};
    text_add(&text, "27 1 0:50 / / rw - overlay overlay rw");
    for (int i = 0; i < 500; i++)
        text_add(&text, ",lowerdir=/layers/%d", i);
    text_add(&text, "\n28 27 0:51 / /a rw - tmpfs none rw\n");
    cr_expect_str_eq(storage_find(text_get(&text), "/b").filesystem, "overlay");
    cr_expect_str_eq(storage_find(text_get(&text), "/a/b").filesystem, "tmpfs");
    text_free(&text);
}

Test(environment, redacts_variables)
{
    static const struct {
        const char *name, *value, *kept;
    } cases[] = {
        {"CUDA_VISIBLE_DEVICES", "0,GPU-0123-4567,MIG-89ab", "0,GPU-...,MIG-..."},
        {"CUDA_HOME", "/home/someone/cuda-13", "cuda-13"},
        {"CUDNN_LOGDEST_DBG", "/a/b:/c/d", "b:d"},
        {"OMP_PLACES", "{0:4},{4:4}", "{0:4},{4:4}"},
        {"KMP_AFFINITY", "granularity=fine,compact,1,0", "granularity=fine,compact,1,0"},
        {"GOMP_CPU_AFFINITY", "0-3 8", "0-3 8"},
        {"SDBENCH_X", "file=/home/someone/a", "file=a"},
        {"NVIDIA_API_KEY", "abcdef", "..."},
        {"SDBENCH_Token", "abcdef", "..."},
        {"OMP_NUM_THREADS", "", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text kept = {0};
        variable_redact(cases[i].name, cases[i].value, &kept);
        cr_expect_str_eq(text_get(&kept), cases[i].kept, "%s: %s", cases[i].name, text_get(&kept));
        text_free(&kept);
        cr_expect(variable_matters(cases[i].name));
    }
    char long_one[600] = "",
         *environment[] = {"OMP_NUM_THREADS=2", "PATH=/bin", "DNNL_VERBOSE=a=b", "OMP", long_one, NULL};
    strcpy(long_one, "CUDA_X=");
    memset(long_one + 7, 'x', sizeof long_one - 8);
    cJSON *object = cJSON_CreateObject();
    variables_add(object, environment);
    cr_expect_eq(cJSON_GetArraySize(object), 3);
    cr_expect_str_eq(json_string(object, "OMP_NUM_THREADS"), "2");
    cr_expect_str_eq(json_string(object, "DNNL_VERBOSE"), "a=b");
    cr_expect_eq(strlen(json_string(object, "CUDA_X")), 256 + 3);
    cJSON_Delete(object);
}

static void expect_no_paths(const cJSON *texts)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, texts)
    {
        expect_no_paths(item);
        cr_expect(!cJSON_IsString(item) || !strstr(item->valuestring, "/home/"), "%s", item->string);
    }
}

/* What a record of this machine holds, whatever it is. */
Test(environment, of_this_machine)
{
    static const char *const texts[] = {"sdbench",  "libraries", "revision", "source",
                                        "compiler", "flags",     "kernel",   "container"};
    char host[256] = "", *json;
    struct text where = {0};
    setenv("SDBENCH_CACHE", "/home/someone/cache", 1);
    setenv("OMP_WAIT_POLICY", "passive", 1);
    cJSON *record = record_begin("environment", "r", "fused", "null", "tiny");
    environment_add(record);
    environment_add_storage(record, "results", "/no/such/folder");
    environment_add_storage(record, "weights", "no/such/file");
    environment_add_storage(record, "system", "/proc/self/status");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        cr_expect_str_neq(json_string(record, texts[i]), "", "no %s", texts[i]);
    cr_expect(json_number(record, "cores") >= 1 && json_number(record, "cores_online") >= 1);
    cr_expect(cJSON_HasObjectItem(record, "memory_bytes") && cJSON_HasObjectItem(record, "swap_bytes"));
    const cJSON *variables = cJSON_GetObjectItem(record, "variables"),
                *storage = cJSON_GetObjectItem(record, "storage");
    cr_expect_str_eq(json_string(variables, "SDBENCH_CACHE"), "cache");
    cr_expect_str_eq(json_string(variables, "OMP_WAIT_POLICY"), "passive");
    cr_expect_eq(cJSON_GetArraySize(storage), 3);
    cr_expect_str_eq(json_string(cJSON_GetObjectItem(storage, "system"), "filesystem"), "proc");
    cr_expect_not(record_is_not_finite(record, &where));
    expect_no_paths(record);
    json = cJSON_PrintUnformatted(record);
    if (!gethostname(host, sizeof host - 1) && strlen(host) > 7) /* a short one may be a part of anything */
        cr_expect_not(strstr(json, host), "%s", json);
    cJSON_free(json);
    cJSON_Delete(record);
    text_free(&where);
}

Test(environment, the_revision_is_one_or_unknown)
{
    const char *revision = build_facts.revision;
    bool is_known = strcmp(revision, "unknown") != 0;
    cr_expect(!is_known || (strlen(revision) >= 40 && strspn(revision, "0123456789abcdef") == strlen(revision)));
    cr_expect_eq(!strcmp(build_facts.source, "clean") || !strcmp(build_facts.source, "modified"), is_known);
    cr_expect(strstr(build_facts.compiler, "gcc ") || strstr(build_facts.compiler, "clang "));
    cr_expect(strstr(build_facts.flags, "-std=c17"), "%s", build_facts.flags);
}
