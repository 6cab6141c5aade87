#include "bench/gate/folder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench/progress.h"

enum { MS_BETWEEN = 20, TRIES = 50 }; /* a second, before it is said */

static struct err wait_for(const char *folder, const char *why, int *lock)
{
    for (int i = 1; flock(*lock, LOCK_EX | LOCK_NB); i++) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            close(*lock);
            *lock = -1;
            return OK;
        }
        if (progress_interrupted()) {
            close(*lock);
            *lock = -1;
            return err_make(ERR_CANCELLED, "interrupted");
        }
        if (i == TRIES)
            fprintf(stderr, "waiting: %s (%s)\n", why, folder);
        usleep(MS_BETWEEN * 1000);
    }
    return OK;
}

struct err folder_lock(const char *folder, const char *why, int *lock)
{
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return err_fail("%s: folder cannot be opened: %s", folder, strerror(errno));
    return wait_for(folder, why, lock);
}

void folder_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
