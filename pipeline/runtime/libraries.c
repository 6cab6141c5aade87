#include "pipeline/runtime/libraries.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

enum { LONGEST_PATH = 4096 };

/* Later folders of Python's packages are asked for once, and only where nothing before had a library. */
struct search {
    const struct library_needs *needs;
    char *python; /* its folders, one behind the other with ':' between; NULL: not asked yet */
};

/* What a library of this folder will ask for by its bare name, which the loader would not find. */
static void load_beside(const char *folder, const char *pattern)
{
    char path[LONGEST_PATH + 64];
    glob_t found;
    if (!pattern)
        return;
    snprintf(path, sizeof path, "%s/%s", folder, pattern);
    if (!glob(path, 0, NULL, &found))
        for (size_t i = 0; i < found.gl_pathc; i++)
            dlopen(found.gl_pathv[i], RTLD_LAZY | RTLD_GLOBAL); /* where it fails, its asker says so */
    globfree(&found);
}

static bool load_at(const struct library_needs *needs, const char *folder, size_t length, const char *below,
                    const char *name)
{
    char path[LONGEST_PATH];
    int n = snprintf(path, sizeof path, "%.*s%s/%s", (int)length, folder, below, name);
    if (n <= 0 || n >= LONGEST_PATH || access(path, R_OK) || !dlopen(path, RTLD_NOW | RTLD_GLOBAL))
        return false;
    path[n - (int)strlen(name) - 1] = 0;
    load_beside(path, needs->beside);
    return true;
}

/* In each of the folders of a colon-separated list, and in those below it. */
static bool load_in(const struct library_needs *needs, const char *folders, const char *name)
{
    const char *const below[] = {"", "/lib64", "/lib", needs->below};
    for (const char *at = folders; at && *at;) {
        size_t length = strcspn(at, ":");
        for (size_t i = 0; i < ARRAY_LEN(below); i++)
            if (length && below[i] && load_at(needs, at, length, below[i], name))
                return true;
        at += length + (at[length] == ':');
    }
    return false;
}

/* The lib folders of Python's packages; "" where there are none. One line of its output is one folder of packages. */
static const char *python_folders(struct search *s)
{
    struct text all = {0};
    char line[LONGEST_PATH], pattern[LONGEST_PATH + 64];
    if (s->python)
        return s->python;
    FILE *f = popen(
        "python3 -c 'import site, sys; print(\"\\n\".join(site.getsitepackages() + [site.getusersitepackages()]))' "
        "2>/dev/null </dev/null",
        "r");
    while (f && fgets(line, sizeof line, f)) {
        glob_t found;
        line[strcspn(line, "\n")] = 0;
        snprintf(pattern, sizeof pattern, "%s/%s/*/lib", line, s->needs->package);
        if (!glob(pattern, 0, NULL, &found))
            for (size_t i = 0; i < found.gl_pathc; i++)
                text_add(&all, "%s%s", all.length ? ":" : "", found.gl_pathv[i]);
        globfree(&found);
    }
    if (f)
        pclose(f);
    s->python = strdup(text_get(&all));
    text_free(&all);
    return s->python;
}

static bool load_one(struct search *s, const char *name)
{
    return dlopen(name, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) || load_in(s->needs, getenv(s->needs->variable), name) ||
           load_in(s->needs, getenv(s->needs->toolkit), name) || dlopen(name, RTLD_NOW | RTLD_GLOBAL) ||
           load_in(s->needs, python_folders(s), name);
}

bool libraries_have_driver(const struct library_needs *needs)
{
    return load_in(needs, getenv(needs->variable), needs->driver) || dlopen(needs->driver, RTLD_NOW | RTLD_GLOBAL);
}

char *libraries_load(const struct library_needs *needs)
{
    struct search s = {.needs = needs};
    struct text lacking = {0};
    for (const char *at = needs->names; *at; at += strspn(at, " ")) {
        bool optional = *at == '?';
        at += optional;
        size_t length = strcspn(at, " ");
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (!load_one(&s, name) && !optional)
            text_add(&lacking, "%s%s", lacking.length ? ", " : "", name);
        at += length;
    }
    if (lacking.length)
        text_add(&lacking, " (looked in --cuda-libs and %s, %s, the loader's path, python3's %s packages)",
                 needs->variable, needs->toolkit, needs->package);
    free(s.python);
    return lacking.bytes;
}
