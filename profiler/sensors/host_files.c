#include "profiler/sensors/host_files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool host_parse_count(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)*text))
        return false;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return !errno && (!*end || *end == '\n');
}

double host_parse_khz(const char *text)
{
    int64_t khz;
    return host_parse_count(text, &khz) && khz > 0 ? 1e3 * (double)khz : 0;
}

double host_parse_cpuinfo_hz(const char *text)
{
    double sum_mhz = 0;
    int known = 0;
    for (const char *line = text, *newline; (newline = strchr(line, '\n')); line = newline + 1) {
        const char *colon = strncmp(line, "cpu MHz", 7) ? NULL : memchr(line, ':', (size_t)(newline - line));
        char *end;
        double mhz = colon ? strtod(colon + 1, &end) : 0;
        if (mhz > 0 && mhz < 1e6 && end == newline)
            sum_mhz += mhz, known++;
    }
    return known ? 1e6 * sum_mhz / known : 0;
}

int64_t host_counter_growth(int64_t before, int64_t now, int64_t range)
{
    return now >= before ? now - before : range - before + now;
}

bool host_read(const char *path, char *out, size_t size)
{
    size_t length = 0;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < size - 1 &&
           ((n = read(fd, out + length, size - 1 - length)) > 0 || (n < 0 && errno == EINTR)))
        length += n > 0 ? (size_t)n : 0;
    int failed = errno;
    if (fd >= 0)
        close(fd);
    errno = failed;
    out[length] = 0;
    return fd >= 0 && n >= 0;
}
