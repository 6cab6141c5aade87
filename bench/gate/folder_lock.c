#include "bench/gate/folder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench/progress.h"

struct err folder_lock(const char *folder, const char *why, int *lock)
{
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return err_fail("%s: folder cannot be opened: %s", folder, strerror(errno));
    if (!flock(*lock, LOCK_EX | LOCK_NB))
        return OK;
    if (errno == EWOULDBLOCK) {
        fprintf(stderr, "waiting: %s (%s)\n", why, folder);
        while (flock(*lock, LOCK_EX)) {
            if (errno == EINTR && !progress_interrupted())
                continue;
            bool interrupted = errno == EINTR;
            close(*lock);
            *lock = -1;
            return interrupted ? err_make(ERR_CANCELLED, "interrupted") : OK;
        }
        return OK;
    }
    close(*lock);
    *lock = -1;
    return OK;
}

void folder_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
