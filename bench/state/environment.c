#include "bench/state/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/state/folder.h"

static void add(struct state_environment *env, const char *name, char *folder, bool made)
{
    env->variable[env->count++] = (struct state_variable){name, folder, made};
}

struct err state_environment_set(struct state_environment *env, const char *name, const char *folder)
{
    char *copy = strdup(folder);
    if (!copy)
        return err_fail("out of memory");
    add(env, name, copy, false);
    return OK;
}

struct err state_environment_set_empty(struct state_environment *env, const char *name, const char *above)
{
    char *folder;
    TRY(folder_make_empty(above, &folder));
    add(env, name, folder, true);
    return OK;
}

const char *state_environment_get(const struct state_environment *env, const char *name)
{
    for (int i = 0; i < env->count; i++)
        if (!strcmp(env->variable[i].name, name))
            return env->variable[i].folder;
    return NULL;
}

/* Whether an entry "NAME=value" is one of ours. */
static bool is_set(const struct state_environment *env, const char *entry)
{
    for (int i = 0; i < env->count; i++) {
        size_t length = strlen(env->variable[i].name);
        if (!strncmp(entry, env->variable[i].name, length) && entry[length] == '=')
            return true;
    }
    return false;
}

struct err state_environment_list(const struct state_environment *env, char ***list)
{
    size_t usual = 0, n = 0;
    while (environ && environ[usual])
        usual++;
    char **out = calloc(usual + STATE_VARIABLES + 1, sizeof *out);
    bool complete = out;
    for (size_t i = 0; i < usual && complete; i++)
        if (!is_set(env, environ[i])) {
            out[n] = strdup(environ[i]);
            complete = out[n++];
        }
    for (int i = 0; i < env->count && complete; i++, n++)
        if (asprintf(&out[n], "%s=%s", env->variable[i].name, env->variable[i].folder) < 0) {
            out[n] = NULL;
            complete = false;
        }
    if (!complete)
        state_environment_free_list(out);
    *list = complete ? out : NULL;
    return complete ? OK : err_fail("out of memory for the environment of a process");
}

void state_environment_free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

void state_environment_end(struct state_environment *env)
{
    for (int i = 0; i < env->count; i++) {
        if (env->variable[i].made)
            folder_remove(env->variable[i].folder);
        free(env->variable[i].folder);
    }
    *env = (struct state_environment){0};
}
