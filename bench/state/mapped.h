/* Files that a process maps: its program, its libraries, and what else it reads that way. */
#ifndef SDBENCH_BENCH_STATE_MAPPED_H
#define SDBENCH_BENCH_STATE_MAPPED_H

#include "bench/state/files.h"

#include <stdbool.h>
#include <sys/types.h>

/* From the text of /proc/PID/maps: paths of what is backed by a file that still has a name, sorted, each once. A kernel
 * writes a newline in a name as \012 and nothing else otherwise; a file whose name really ends in " (deleted)" cannot
 * be told from one that is. Lines that are none are left out. */
struct err mapped_parse(const char *text, struct file_list *out);

/* Regular files that a process maps now, sorted; 0 is this process. */
struct err mapped_files(pid_t process, struct file_list *out);

/* The files that a backend brings along: mapped by the process that runs it (its list) and not by one that does not
 * (the list of this process, taken before it opens any backend). Both sorted, as is what comes out. */
struct err mapped_of_backend(const struct file_list *with, const struct file_list *without, struct file_list *out);

/* Some process that maps a file, this one before others; 0 where none is found, also because this user may not look.
 * *name is the process's own, as in /proc/PID/comm. */
pid_t mapped_by(const char *path, char name[32]);

#endif
