#include "profiler/sensors/kin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_GENERATIONS = 64 };

/* Field 4 of /proc/PID/stat. Its second field, a name in brackets, may hold anything. -1 where there is no such
 * process; 0: its parent is outside of what is seen here. */
static long parent_of(const char *root, unsigned pid)
{
    char path[512], text[512];
    long parent = -1;
    snprintf(path, sizeof path, "%s/proc/%u/stat", root, pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return -1;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    const char *bracket = strrchr(text, ')');
    return bracket && sscanf(bracket + 1, " %*c %ld", &parent) == 1 ? parent : -1;
}

enum kin kin_of(const char *root, unsigned pid)
{
    unsigned self = (unsigned)getpid(), at = pid;
    for (int i = 0; i < MOST_GENERATIONS && at > 1 && at != self; i++) {
        long parent = parent_of(root, at);
        if (parent < 0)
            return at == pid ? KIN_UNSEEN : KIN_FOREIGN;
        at = (unsigned)parent;
    }
    return at == self ? KIN_OURS : KIN_FOREIGN;
}
