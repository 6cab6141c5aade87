#include "bench/record/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/json.h"
#include "bench/record/folder_make.h"
#include "bench/record/line.h"
#include "bench/record/record.h"
#include "pipeline/base/file.h"

static const char *const status_name[] = {
    [RUN_COMPLETE] = "complete", [RUN_CANCELLED] = "cancelled", [RUN_FAILED] = "failed"};

static char *path_of(const struct run_folder *f, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", f->path, name) < 0 ? NULL : path;
}

static struct err identify(const char *path, struct file_identity *id)
{
    struct stat st;
    if (stat(path, &st))
        return err_fail("%s: %s", path, strerror(errno));
    *id = (struct file_identity){st.st_dev, st.st_ino};
    return OK;
}

static struct err open_records(struct run_folder *f)
{
    char *path = path_of(f, RECORDS_FILE);
    if (!path)
        return err_fail("%s: out of memory", f->path);
    f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    struct err e = OK;
    if (f->fd < 0 && errno == EEXIST)
        e = err_fail("--out %s: holds a run already (" RECORDS_FILE "); name another folder", f->path);
    else if (f->fd < 0)
        e = err_fail("%s: cannot be created: %s", path, strerror(errno));
    if (!e.code)
        e = err_first(identify(f->path, &f->folder), identify(path, &f->file));
    free(path);
    return e;
}

struct err run_folder_open(const char *out, const char *what, struct run_folder *f)
{
    *f = (struct run_folder){.fd = -1};
    struct err e = folder_make(out, what, f);
    if (!e.code)
        e = open_records(f);
    f->counts = cJSON_CreateObject();
    f->files = cJSON_CreateObject();
    if (!e.code && (!f->counts || !f->files))
        e = err_fail("%s: out of memory", f->path);
    if (e.code)
        run_folder_abandon(f);
    return e;
}

/* That the folder and the file still are those which were opened. */
static struct err check_is_there(const struct run_folder *f)
{
    struct file_identity folder, file = f->file;
    char *path = path_of(f, RECORDS_FILE);
    if (!path)
        return err_fail("%s: out of memory", f->path);
    struct err e = identify(f->path, &folder);
    if (!e.code && f->fd >= 0)
        e = identify(path, &file);
    free(path);
    if (e.code)
        return err_wrap(e, "the folder of this run was removed while it ran");
    bool same = folder.device == f->folder.device && folder.inode == f->folder.inode && file.device == f->file.device &&
                file.inode == f->file.inode;
    return same ? OK : err_fail("%s: the folder of this run was replaced by another while it ran", f->path);
}

static void count(struct run_folder *f, const cJSON *record)
{
    const char *kind = json_string(record, "kind");
    cJSON *n = cJSON_GetObjectItemCaseSensitive(f->counts, kind);
    if (n)
        cJSON_SetNumberValue(n, n->valuedouble + 1);
    else
        cJSON_AddNumberToObject(f->counts, kind, 1);
}

struct err run_folder_append(struct run_folder *f, cJSON *record)
{
    if (f->fd < 0) {
        cJSON_Delete(record);
        return err_fail("%s/" RECORDS_FILE ": is closed, a record comes too late", f->path ? f->path : "");
    }
    struct err e = line_append(f->fd, record, &f->is_cut);
    if (!e.code)
        count(f, record);
    if (!e.code && !f->first)
        f->first = record;
    else
        cJSON_Delete(record);
    return err_first(err_wrap(e, "%s/" RECORDS_FILE, f->path), check_is_there(f));
}

char *run_folder_file(struct run_folder *f, const char *name)
{
    if (!cJSON_HasObjectItem(f->files, name) && !cJSON_AddTrueToObject(f->files, name))
        return NULL;
    return path_of(f, name);
}

struct err run_folder_write(struct run_folder *f, const char *name, const void *bytes, size_t n)
{
    struct file_writer w = {0};
    char *path = run_folder_file(f, name);
    struct err e = path ? file_create(path, &w) : err_fail("%s/%s: out of memory", f->path, name);
    if (!e.code)
        e = file_write(&w, bytes, n);
    if (!e.code)
        e = file_commit(&w);
    free(path);
    return e.code ? e : check_is_there(f);
}

static cJSON *end_record(const struct run_folder *f, enum run_status status, const char *reason)
{
    const cJSON *first = f->first;
    cJSON *record = record_begin("end", f->run, json_string(first, "variant"), json_string(first, "backend"),
                                 json_string(first, "workload"));
    cJSON_AddStringToObject(record, "status", status_name[status]);
    if (reason)
        cJSON_AddStringToObject(record, "reason", reason);
    cJSON_AddItemToObject(record, "records", cJSON_Duplicate(f->counts, true));
    return record;
}

struct err run_folder_end(struct run_folder *f, enum run_status status, const char *reason)
{
    if (f->fd < 0)
        return OK;
    struct err e = f->first ? run_folder_append(f, end_record(f, status, reason)) : OK;
    if (!e.code && fsync(f->fd) && errno != EINVAL) /* EINVAL: this file system has nothing to flush */
        e = err_fail("%s/" RECORDS_FILE ": cannot be written: %s", f->path, strerror(errno));
    if (close(f->fd) && !e.code)
        e = err_fail("%s/" RECORDS_FILE ": cannot be written: %s", f->path, strerror(errno));
    f->fd = -1;
    return e;
}

static void remove_file(const struct run_folder *f, const char *name)
{
    char *path = path_of(f, name);
    if (path)
        unlink(path);
    free(path);
}

/* Only where that is still the one which we opened: another run may have taken a replaced one. */
static void remove_all(struct run_folder *f)
{
    const cJSON *name;
    struct err e = f->fd >= 0 ? check_is_there(f) : OK;
    if (f->fd >= 0 && !e.code) {
        cJSON_ArrayForEach(name, f->files) remove_file(f, name->string);
        remove_file(f, RECORDS_FILE);
    }
    if (!e.code)
        folder_unmake(f);
    err_free(&e);
}

static bool holds_more(const struct run_folder *f)
{
    bool more = false;
    const cJSON *kind;
    cJSON_ArrayForEach(kind, f->counts) more |= strcmp(kind->string, "environment") != 0;
    return more;
}

void run_folder_abandon(struct run_folder *f)
{
    if (!holds_more(f) && f->path)
        remove_all(f);
    run_folder_close(f);
}

/* Where the end cannot be written either, the records say themselves that it is missing. */
void run_folder_fail(struct run_folder *f, enum run_status status, const char *reason)
{
    if (holds_more(f)) {
        struct err e = run_folder_end(f, status, reason);
        err_free(&e);
        run_folder_close(f);
    } else {
        run_folder_abandon(f);
    }
}

void run_folder_close(struct run_folder *f)
{
    if (f->path && f->fd >= 0) /* a zeroed one has no path */
        close(f->fd);
    free(f->path);
    cJSON_Delete(f->first);
    cJSON_Delete(f->counts);
    cJSON_Delete(f->files);
    *f = (struct run_folder){.fd = -1};
}
