#include "bench/state/mapped.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/text.h"

/* Replaces \012 by the newline that it stands for. */
static void decode(char *path)
{
    char *to = path;
    for (const char *from = path; *from;)
        if (!strncmp(from, "\\012", 4)) {
            *to++ = '\n';
            from += 4;
        } else {
            *to++ = *from++;
        }
    *to = 0;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && !strcmp(text + n - m, ending);
}

/* A line: "from-to permissions offset device inode   path". What has no inode is memory, or of the kernel. */
static struct err add_line(const char *line, size_t length, struct file_list *out)
{
    unsigned long long inode = 0;
    int at = 0;
    char *copy = strndup(line, length);
    if (!copy)
        return err_fail("out of memory for a list of files");
    bool read = sscanf(copy, "%*x-%*x %*4s %*x %*x:%*x %llu %n", &inode, &at) == 1 && at > 0;
    char *path = copy + at;
    struct err e = OK;
    if (read && inode && *path == '/' && !ends_with(path, " (deleted)")) {
        decode(path);
        e = file_list_add(out, path);
    }
    free(copy);
    return e;
}

struct err mapped_parse(const char *text, struct file_list *out)
{
    struct err e = OK;
    while (*text && !e.code) {
        size_t length = strcspn(text, "\n");
        e = add_line(text, length, out);
        text += length + (text[length] == '\n');
    }
    file_list_sort(out);
    return e;
}

static struct err read_all(const char *path, struct text *out)
{
    char part[4096];
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR)))
        text_add_bytes(out, part, n > 0 ? (size_t)n : 0);
    struct err e = n < 0 ? err_fail("%s: %s", path, strerror(errno)) : OK;
    if (fd >= 0)
        close(fd);
    return e;
}

static struct err list_process(pid_t process, struct file_list *out)
{
    char path[64] = "/proc/self/maps";
    struct text text = {0};
    if (process)
        snprintf(path, sizeof path, "/proc/%jd/maps", (intmax_t)process);
    struct err e = read_all(path, &text);
    if (!e.code)
        e = mapped_parse(text_get(&text), out);
    text_free(&text);
    return e;
}

struct err mapped_files(pid_t process, struct file_list *out)
{
    struct file_list all = {0};
    struct stat st;
    struct err e = list_process(process, &all);
    for (size_t i = 0; i < all.count && !e.code; i++)
        if (!stat(all.path[i], &st) && S_ISREG(st.st_mode)) /* and no /dev/nvidia0 */
            e = file_list_add(out, all.path[i]);
    file_list_free(&all);
    return e;
}

struct err mapped_of_backend(const struct file_list *with, const struct file_list *without, struct file_list *out)
{
    return file_list_add_others(out, with, without);
}

static void read_name(pid_t process, char name[32])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%jd/comm", (intmax_t)process);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(name, 32, f))
        *name = 0;
    if (f)
        fclose(f);
    name[strcspn(name, "\n")] = 0;
}

static bool maps(pid_t process, const char *path)
{
    struct file_list files = {0};
    struct err e = list_process(process, &files);
    bool found = !e.code && file_list_has(&files, path);
    err_free(&e);
    file_list_free(&files);
    return found;
}

pid_t mapped_by(const char *path, char name[32])
{
    pid_t found = 0;
    char *resolved = realpath(path, NULL);
    DIR *processes = opendir("/proc");
    *name = 0;
    if (resolved && maps(getpid(), resolved)) /* before others: this one can do something about it */
        found = getpid();
    for (struct dirent *entry; resolved && processes && !found && (entry = readdir(processes));) {
        pid_t process = isdigit((unsigned char)*entry->d_name) ? (pid_t)atol(entry->d_name) : 0;
        if (process && maps(process, resolved))
            found = process;
    }
    if (processes)
        closedir(processes);
    free(resolved);
    if (found)
        read_name(found, name);
    return found;
}
