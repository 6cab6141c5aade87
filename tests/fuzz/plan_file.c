/* A file of plans. Its first line is made right, so that changes get past the checksum; what is read is written and
 * read again. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "pipeline/runtime/cuda/choice/plan_file_text.h"

enum { FIRST_LINE = 33 };

static void write_first_line(char *file, size_t size)
{
    char line[FIRST_LINE + 1];
    snprintf(line, sizeof line, "sdbench plans 1 %016llx\n",
             (unsigned long long)XXH3_64bits(file + FIRST_LINE, size - FIRST_LINE));
    memcpy(file, line, FIRST_LINE);
}

static void check_entries(const struct plan_file *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct plan_entry *e = &f->entry[i];
        fuzz_require(plan_file_find(f, e->signature) == e, "an entry is found by its signature");
        fuzz_require(plan_file_is_name(e->signature) && plan_file_is_name(e->choice), "what is printed is one line");
    }
}

static void check_again(const struct plan_file *f)
{
    struct plan_file back;
    char *bytes;
    size_t n;
    fuzz_require(!plan_file_print(f, &bytes, &n).code, "what was read can be written");
    fuzz_require(!plan_file_parse(bytes, n, &back).code, "what was written can be read");
    bool same = f->count == back.count && !strcmp(f->key, back.key);
    for (size_t i = 0; i < f->count && same; i++)
        same = !strcmp(f->entry[i].signature, back.entry[i].signature) &&
               !strcmp(f->entry[i].choice, back.entry[i].choice) && !strcmp(f->entry[i].detail, back.entry[i].detail);
    fuzz_require(same, "it comes back the same");
    plan_file_free(&back);
    free(bytes);
}

void fuzz_plan_file(const uint8_t *data, size_t size)
{
    struct plan_file f;
    char *file = fuzz_text(data, size);
    bool is_kept = size && *data == '!'; /* for what is wrong with the first line itself */
    if (size > FIRST_LINE && !is_kept)
        write_first_line(file, size);
    bool refused = fuzz_refused(plan_file_parse(file + is_kept, size - is_kept, &f));
    fuzz_require(refused == !f.key, "there are plans or there is an error");
    check_entries(&f);
    if (!refused)
        check_again(&f);
    plan_file_free(&f);
    free(file);
}
