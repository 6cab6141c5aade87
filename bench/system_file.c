#include "bench/system_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"

char *system_file(const char *path)
{
    enum { LARGEST = 1 << 20 };
    char part[4096];
    struct text text = {0};
    FILE *f = fopen(path, "re");
    text_add(&text, "%s", "");
    for (size_t n = 1; f && n && text.length < LARGEST;) {
        n = fread(part, 1, sizeof part, f);
        text_add_bytes(&text, part, n);
    }
    if (f)
        fclose(f);
    return text.bytes;
}

void system_file_line(const char *path, char *out, size_t size)
{
    char *text = system_file(path), *line = text + strspn(text, " \t");
    size_t n = strcspn(line, "\n");
    while (n && strchr(" \t", line[n - 1]))
        n--;
    snprintf(out, size, "%.*s", (int)n, line);
    free(text);
}
