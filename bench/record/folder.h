/* The folder of a run, and records.jsonl in it: records are appended as they come, so that whatever ends the run leaves
 * all that were written before, and no line is ever half written but by a power cut or a kill.
 *
 *     struct run_folder f;
 *     TRY(run_folder_open(o->out, "quick", &f));
 *     struct err e = run_folder_append(&f, record);
 *     e = err_first(e, run_folder_end(&f, e.code ? RUN_FAILED : RUN_COMPLETE, e.code ? err_text(e) : NULL));
 *     run_folder_close(&f); */
#ifndef SDBENCH_BENCH_RECORD_FOLDER_H
#define SDBENCH_BENCH_RECORD_FOLDER_H

#include "pipeline/base/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RECORDS_FILE "records.jsonl"

/* Which file it is, whatever its name. */
struct file_identity {
    dev_t device;
    ino_t inode;
};

struct run_folder {
    char *path;   /* of the folder, without a slash at the end */
    char run[64]; /* name of the run: "<UTC time>-<what>-<4 hexadecimal digits>" */
    int fd;       /* of records.jsonl; below 0 where it is closed */
    struct file_identity folder, file;
    size_t made_length; /* of the part of path that is the topmost folder that we made; 0 where all were there */
    bool made, is_cut;  /* path itself is ours; a part of a line could not be taken back */
    cJSON *first;       /* the first record: its names are the end's */
    cJSON *counts;      /* of records, by kind */
    cJSON *files;       /* names of files that we may have made in it */
};

/* Makes the folder `out`, and those above it, where they are missing, and records.jsonl in it. Where that is there
 * already the folder holds a run, and is refused. out NULL: a new folder "build/results/<UTC time>-<what>", with -2,
 * -3 ... where that is taken. Two runs never get the same one, even if they begin at once. */
struct err run_folder_open(const char *out, const char *what, struct run_folder *f);

/* Appends a record, and deletes it, also on an error: of a full disk, of a folder that was removed or replaced
 * meanwhile, of a number that is not finite. After any of them the file holds whole lines as before. */
struct err run_folder_append(struct run_folder *f, cJSON *record);

/* The path of a file in the folder; malloc'ed, NULL without memory. */
char *run_folder_file(struct run_folder *f, const char *name);

/* Writes a file in the folder, whole or not at all. */
struct err run_folder_write(struct run_folder *f, const char *name, const void *bytes, size_t n);

/* Appends the record of kind "end", sees to it that all is on the disk, and closes records.jsonl. `reason` may be NULL.
 * Without any record before it, only closes. Files can still be written. */
enum run_status { RUN_COMPLETE, RUN_CANCELLED, RUN_FAILED };
struct err run_folder_end(struct run_folder *f, enum run_status status, const char *reason);

/* Ends a run that was not completed: nothing of it is left where nothing but the environment was recorded, as
 * run_folder_abandon does; else as run_folder_end and run_folder_close. */
void run_folder_fail(struct run_folder *f, enum run_status status, const char *reason);

/* Removes all that was made, where nothing but the environment was recorded: records.jsonl, files whose paths were
 * asked for, and the folders that were not there before, unless something else is in them. Otherwise leaves all,
 * without an end. Then as run_folder_close. */
void run_folder_abandon(struct run_folder *f);

/* Gives back what f holds. Legal after any of the others, and on a zeroed one. */
void run_folder_close(struct run_folder *f);

#endif
