/* Files of records: everything is read or counted, and what is missing is one line. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "bench/json.h"
#include "bench/record/read.h"
#include "bench/record/record.h"

static struct err see(void *context, const cJSON *record)
{
    struct text where = {0};
    ++*(int64_t *)context;
    fuzz_require(cJSON_IsObject(record) && *json_string(record, "kind"), "a record has a kind");
    fuzz_require(json_number(record, "schema") >= 1 && json_number(record, "schema") <= RECORD_SCHEMA,
                 "a record has a schema that is known");
    fuzz_require(!record_is_not_finite(record, &where), "numbers are finite");
    return OK;
}

static int64_t lines_in(const uint8_t *data, size_t size)
{
    int64_t lines = size && data[size - 1] != '\n';
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

void fuzz_records(const uint8_t *data, size_t size)
{
    int64_t seen = 0;
    struct records_summary s;
    struct text missing = {0};
    bool refused = fuzz_refused(records_read(fuzz_file(data, size), (struct records_visitor){&seen, see}, &s));
    fuzz_require(!refused, "no content is an error");
    fuzz_require(seen == s.records && s.samples <= s.records, "each record is shown once");
    fuzz_require(s.lines == lines_in(data, size), "each line is read");
    fuzz_require(s.lines == s.records + s.bad_lines + s.newer_lines + s.is_cut_off, "each line is counted once");
    fuzz_require((s.first_bad_line > 0) == (s.bad_lines > 0) && s.first_bad_line <= s.lines,
                 "the first bad one is told");
    records_missing_text(&s, &missing);
    fuzz_require(!strpbrk(text_get(&missing), "\n\r"), "what is missing is one line");
    fuzz_require(s.bad_lines + s.newer_lines + s.is_cut_off == 0 || missing.length, "what was not read is said");
    text_free(&missing);
}
