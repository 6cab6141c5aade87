/* The account of what the program owns: a hash table by address. What is in it at the end of the process was leaked. */
#include "tests/cuda/host/fake_cudart.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 1 << 12, KINDS = 32 };

struct entry {
    struct entry *next;
    const char *what;
    const void *at;
    size_t bytes;
};
static struct entry *slots[SLOTS];
static pid_t process;

__attribute__((constructor)) static void begin(void)
{
    process = getpid();
}

static struct entry **slot_of(const void *at)
{
    return &slots[((uintptr_t)at >> 4) * 0x9e3779b97f4a7c15u >> 52];
}

static struct entry **find(const char *what, const void *at)
{
    struct entry **e = slot_of(at);
    while (*e && ((*e)->at != at || strcmp((*e)->what, what)))
        e = &(*e)->next;
    return e;
}

void fake_hold(const char *what, const void *at, size_t bytes)
{
    struct entry *e = malloc(sizeof *e);
    if (!e)
        abort();
    lock();
    struct entry **slot = slot_of(at);
    *e = (struct entry){*slot, what, at, bytes};
    *slot = e;
    unlock();
}

bool fake_holds(const char *what, const void *at)
{
    lock();
    bool found = *find(what, at) != NULL;
    unlock();
    return found;
}

bool fake_let_go(const char *what, const void *at)
{
    lock();
    struct entry **e = find(what, at), *gone = *e;
    if (gone)
        *e = gone->next;
    unlock();
    free(gone);
    return gone != NULL;
}

/* One line: "fake: leaked 2 stream, 1 device memory (4096 bytes)". */
bool ledger_report(int file)
{
    struct {
        const char *what;
        size_t count, bytes;
    } kind[KINDS];
    int kinds = 0;
    for (size_t i = 0; i < SLOTS; i++)
        for (const struct entry *e = slots[i]; e; e = e->next) {
            int k = 0;
            while (k < kinds && strcmp(kind[k].what, e->what))
                k++;
            if (k == KINDS)
                abort();
            if (k == kinds) {
                kind[kinds].what = e->what;
                kind[kinds].count = kind[kinds].bytes = 0;
                kinds++;
            }
            kind[k].count++;
            kind[k].bytes += e->bytes;
        }
    char line[2048];
    size_t n = (size_t)snprintf(line, sizeof line, "fake: leaked");
    for (int k = 0; k < kinds; k++) {
        n += (size_t)snprintf(line + n, sizeof line - n, "%s %zu %s", k ? "," : "", kind[k].count, kind[k].what);
        if (kind[k].bytes)
            n += (size_t)snprintf(line + n, sizeof line - n, " (%zu bytes)", kind[k].bytes);
    }
    if (!kinds)
        n += (size_t)snprintf(line + n, sizeof line - n, " nothing");
    line[n++] = '\n';
    if (file >= 0 && write(file, line, n) != (ssize_t)n)
        abort();
    return kinds > 0;
}

static bool leaked_anything(void)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i])
            return true;
    return false;
}

/* After the program's own exit handlers: libraries end last. Not in processes that the program forked for itself. */
__attribute__((destructor)) static void end(void)
{
    if (getpid() != process && !fail_in_child())
        return;
    memory_check();
    bool leaked = leaked_anything();
    if (fail_in_child()) {
        if (leaked)
            ledger_report(STDERR_FILENO);
    } else if (settings.report) {
        int file = open(settings.report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        fail_report(file);
        ledger_report(file);
        close(file);
    } else if (leaked) {
        ledger_report(STDERR_FILENO);
    }
    if (leaked && (settings.leaks_fatal || fail_in_child())) {
        fflush(NULL);
        _exit(FAKE_LEAKED);
    }
}
