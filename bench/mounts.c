#include "bench/mounts.h"

#include <stdio.h>
#include <string.h>

/* A field up to the next space. The kernel writes space, tab, newline and backslash as three octal digits. False where
 * there is none, or it does not fit: then its beginning is there. */
static bool read_field(const char **at, char *out, size_t size)
{
    const char *p = *at + strspn(*at, " ");
    size_t n = 0, length = 0;
    for (; *p && *p != ' ' && *p != '\n'; p++, length++) {
        unsigned octal;
        char c = *p;
        if (c == '\\' && strspn(p + 1, "01234567") >= 3 && sscanf(p + 1, "%3o", &octal) == 1 && octal && octal < 256) {
            c = (char)octal;
            p += 3;
        }
        if (n + 1 < size)
            out[n++] = c;
    }
    out[n] = 0;
    *at = p;
    return n && n == length;
}

/* "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw": any number of fields may stand before the dash. */
static bool read_line(const char *line, struct mount *m)
{
    char field[1024];
    int begin = 0;
    if (sscanf(line, "%*u %*u %u:%u %n", &m->major, &m->minor, &begin) != 2 || !begin)
        return false;
    const char *at = line + begin;
    if (!read_field(&at, m->root, sizeof m->root) || !read_field(&at, m->point, sizeof m->point))
        return false;
    do {
        if (!read_field(&at, field, sizeof field))
            return false;
    } while (strcmp(field, "-"));
    bool is_whole = read_field(&at, m->type, sizeof m->type) && read_field(&at, m->source, sizeof m->source);
    read_field(&at, m->options, sizeof m->options); /* an overlay's name all its layers: more than anyone needs */
    return is_whole;
}

bool mount_next(const char **at, struct mount *m)
{
    bool found = false;
    while (**at && !found) {
        *m = (struct mount){0};
        found = read_line(*at, m);
        const char *newline = strchr(*at, '\n');
        *at = newline ? newline + 1 : *at + strlen(*at);
    }
    return found;
}

bool path_is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    if (n && folder[n - 1] == '/')
        n--;
    return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

bool mount_of_path(const char *mountinfo, const char *path, struct mount *out)
{
    struct mount m;
    bool found = false;
    for (const char *at = mountinfo; mount_next(&at, &m);)
        if (path_is_below(path, m.point) && (!found || strlen(m.point) >= strlen(out->point))) {
            *out = m;
            found = true;
        }
    return found;
}
