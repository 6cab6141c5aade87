#include "bench/record/read.h"

#include <inttypes.h>
#include <string.h>

#include "bench/record/record.h"

static void begin_part(struct text *out, size_t begin)
{
    if (out->length > begin && out->bytes[out->length - 1] != ' ')
        text_add(out, ", ");
}

/* Texts of a file, which may hold anything, as a part of one line. */
static void add_plain(struct text *out, const char *from)
{
    for (; *from; from++)
        text_add(out, "%c", (unsigned char)*from < ' ' || *from == 0x7f ? ' ' : *from);
}

/* The end where there is one to tell, and what is known of the samples that should be there. */
static void add_run(const struct records_summary *s, bool has_no_end, struct text *out, size_t begin)
{
    bool complete = !strcmp(s->status, "complete");
    int64_t expected = s->planned_samples >= 0 ? s->planned_samples : s->ended_samples;
    if (s->is_cut_off || has_no_end)
        text_add(out, "cut off: ");
    if (s->has_end && !complete) {
        add_plain(out, *s->status ? s->status : "ended without a status");
        text_add(out, "%s", *s->reason ? " (" : "");
        add_plain(out, s->reason);
        text_add(out, "%s", *s->reason ? ")" : "");
    }
    if (expected >= 0 && expected != s->samples) {
        begin_part(out, begin);
        text_add(out, "%" PRId64 " of %" PRId64 " samples are there", s->samples, expected);
    } else if (s->has_end && s->ended_samples >= 0 && s->ended_samples != s->samples) {
        begin_part(out, begin);
        text_add(out, "%" PRId64 " of %" PRId64 " samples that were written are there", s->samples, s->ended_samples);
    }
}

void records_missing_text(const struct records_summary *s, struct text *out)
{
    size_t begin = out->length;
    bool has_no_end = !s->has_end && s->newest_schema >= RECORD_SCHEMA_WITH_END && s->records;
    add_run(s, has_no_end, out, begin);
    if (!s->records && !s->newer_lines) {
        begin_part(out, begin);
        text_add(out, "no record");
    }
    if (s->is_cut_off) {
        begin_part(out, begin);
        text_add(out, "the last line is not whole");
    }
    if (has_no_end) {
        begin_part(out, begin);
        text_add(out, "no end record");
    }
    if (s->bad_lines) {
        begin_part(out, begin);
        text_add(out, "%" PRId64 " line%s cannot be read (line %" PRId64 " %s)", s->bad_lines,
                 s->bad_lines == 1 ? "" : "s", s->first_bad_line, s->first_bad_reason);
    }
    if (s->newer_lines) {
        begin_part(out, begin);
        text_add(out, "%" PRId64 " record%s of schema %d, where this sdbench knows up to %d: a newer one reads all",
                 s->newer_lines, s->newer_lines == 1 ? "" : "s", s->newest_schema, RECORD_SCHEMA);
    }
}
