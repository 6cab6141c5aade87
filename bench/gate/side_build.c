/* Builds a source tree by its own Makefile. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/gate/command.h"
#include "bench/gate/folder_lock.h"
#include "bench/gate/side_private.h"
#include "bench/machine.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

bool tree_is_source(const char *folder)
{
    char *makefile, *bench;
    if (asprintf(&makefile, "%s/Makefile", folder) < 0)
        return false;
    bool is = file_exists(makefile) && asprintf(&bench, "%s/bench", folder) >= 0;
    if (is) {
        is = file_is_folder(bench);
        free(bench);
    }
    free(makefile);
    return is;
}

/* How well a line of a log tells what went wrong: a compiler's error, a word of another program, one of make itself. */
static int line_rank(const char *line)
{
    if (!line[strspn(line, " \t")])
        return 0;
    return strstr(line, "error:") ? 3 : strncmp(line, "make", 4) ? 2 : 1;
}

/* Of the log's end, the last line of those that tell most. */
static void last_error(const char *log, char *out, size_t size)
{
    char line[1024];
    int best = 0;
    FILE *f = fopen(log, "r");
    *out = 0;
    if (f && !fseek(f, 0, SEEK_END) && ftell(f) > (1 << 16))
        fseek(f, -(1 << 16), SEEK_END);
    else if (f)
        rewind(f);
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        int rank = line_rank(line);
        if (rank && rank >= best) {
            snprintf(out, size, "%s", line + strspn(line, " \t"));
            best = rank;
        }
    }
    if (f)
        fclose(f);
}

struct err tree_make(const char *tree, const char *log)
{
    char jobs[16], why[256];
    int code;
    snprintf(jobs, sizeof jobs, "-j%d", machine_describe().cores);
    TRY(command_run((const char *const[]){"make", "-C", tree, "--no-print-directory", jobs, "all", NULL}, log, &code));
    if (!code)
        return OK;
    last_error(log, why, sizeof why);
    return err_fail("%s: does not build (make all, exit code %d; all it said is in %s): %s", tree, code, log,
                    *why ? why : "no line of it tells why");
}

struct err tree_build(const char *tree, const char *log)
{
    int lock;
    TRY(folder_lock(tree, "another gate builds this tree", &lock));
    struct err e = tree_make(tree, log);
    folder_unlock(lock);
    return e;
}
