#include "bench/measure/conditions_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number without a sign, followed by one of `ends`, or by the end of the text where that is one of them. */
static bool read_number(const char *text, const char *ends, int64_t *out, const char **rest)
{
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)*text))
        return false;
    long long n = strtoll(text, &end, 10);
    if (errno || (*end && !strchr(ends, *end)))
        return false;
    *out = n;
    if (rest)
        *rest = end;
    return true;
}

int64_t conditions_parse_count(const char *text)
{
    int64_t n;
    return read_number(text, "\n", &n, NULL) ? n : CONDITION_UNKNOWN;
}

/* The line after this one; NULL at the end. */
static const char *next_line(const char *line)
{
    const char *newline = strchr(line, '\n');
    return newline && newline[1] ? newline + 1 : NULL;
}

int64_t conditions_parse_field(const char *text, const char *name)
{
    size_t length = strlen(name);
    int64_t n;
    for (const char *line = text; line; line = next_line(line))
        if (!strncmp(line, name, length)) {
            line += length;
            return read_number(line + strspn(line, " \t"), " \n", &n, NULL) ? n : CONDITION_UNKNOWN;
        }
    return CONDITION_UNKNOWN;
}

static void take(const char *from, size_t length, char out[CONDITION_TEXT])
{
    *out = 0;
    if (length < CONDITION_TEXT)
        snprintf(out, CONDITION_TEXT, "%.*s", (int)length, from);
}

void conditions_parse_word(const char *text, char out[CONDITION_TEXT])
{
    take(text, strcspn(text, " \t\n"), out);
}

void conditions_parse_chosen(const char *text, char out[CONDITION_TEXT])
{
    const char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
    *out = 0;
    if (close)
        take(open + 1, (size_t)(close - open) - 1, out);
}

int64_t conditions_parse_autogroup_nice(const char *text)
{
    int nice_value, end = 0;
    if (sscanf(text, "/autogroup-%*u nice %d%n", &nice_value, &end) != 1 || (text[end] && text[end] != '\n'))
        return CONDITION_UNKNOWN;
    return nice_value < -20 || nice_value > 19 ? CONDITION_UNKNOWN : nice_value;
}

/* Whether "cpu" is in a list such as "cpu,cpuacct", up to a colon. */
static bool names_cpu(const char *list)
{
    for (;; list++) {
        size_t length = strcspn(list, ",:\n");
        if (length == 3 && !strncmp(list, "cpu", 3))
            return true;
        list += length;
        if (*list != ',')
            return false;
    }
}

bool conditions_parse_cgroup(const char *text, bool second, char out[CONDITIONS_LONGEST_GROUP])
{
    for (const char *line = text; line; line = next_line(line)) { /* "4:cpu,cpuacct:/path", "0::/path" */
        const char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
        size_t length = strcspn(line, "\n");
        if (!path || path >= line + length || path[1] != '/')
            continue;
        length -= (size_t)(path + 1 - line);
        bool wanted = second ? !strncmp(line, "0::", 3) : names_cpu(controllers + 1);
        if (!wanted || length >= CONDITIONS_LONGEST_GROUP)
            continue;
        snprintf(out, CONDITIONS_LONGEST_GROUP, "%.*s", (int)(length == 1 ? 0 : length), path + 1);
        return true;
    }
    return false;
}

double conditions_parse_cpu_max(const char *text)
{
    int64_t quota, period;
    const char *rest;
    if (!read_number(text, " ", &quota, &rest) || *rest != ' ' || !read_number(rest + 1, "\n", &period, NULL))
        return 0; /* also "max 100000" */
    return period > 0 ? (double)quota / (double)period : 0;
}

double conditions_parse_quota(const char *quota, const char *period)
{
    int64_t q = conditions_parse_count(quota), p = conditions_parse_count(period); /* a quota of -1 is none */
    return q > 0 && p > 0 ? (double)q / (double)p : 0;
}
