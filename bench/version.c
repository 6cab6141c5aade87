#include "bench/version.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <cjson/cJSON.h>
#include <gnu/libc-version.h>
#include <pcre2.h>
#include <spng.h>
#include <utf8proc.h>
#include <xxhash.h>
#include <zlib.h>

#include "bench/build_facts.h"

const char *version_libraries(struct arena *a)
{
    char pcre[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, pcre);
    unsigned xxhash = XXH_versionNumber();
    return arena_printf(a, "cJSON %s, libspng %s, utf8proc %s, PCRE2 %s, xxHash %u.%u.%u, zlib %s, glibc %s",
                        cJSON_Version(), spng_version_string(), utf8proc_version(), pcre, xxhash / 10000,
                        xxhash / 100 % 100, xxhash % 100, zlibVersion(), gnu_get_libc_version());
}

void version_print(FILE *out)
{
    struct arena arena = {0};
    fprintf(out, "sdbench %s\n", SDBENCH_VERSION);
    fprintf(out, "revision %s, source %s, %s\n", build_facts.revision, build_facts.source, build_facts.compiler);
    fprintf(out, "%s\n", version_libraries(&arena));
    fprintf(out, "backends bring their own: sdbench doctor\n");
    arena_free(&arena);
}
