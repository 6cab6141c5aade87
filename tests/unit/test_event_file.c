/* tests/support/event_file: the judge of traces sees what a viewer would drop. */
#include "tests/support/event_file.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

TestSuite(event_file, .init = scratch_open, .fini = scratch_close);

#define AT(tid, ts) "\"pid\":1,\"tid\":" #tid ",\"ts\":" #ts
#define NAMED                                                                                              \
    "{\"ph\":\"M\",\"name\":\"thread_name\"," AT(9, 0) ",\"args\":{\"name\":\"t\"}},\n"                    \
                                                       "{\"ph\":\"M\",\"name\":\"thread_sort_index\"," AT( \
                                                           9, 0) ",\"args\":{\"sort_index\":1}},\n"
#define SLICE(name, t, d) "{\"ph\":\"X\",\"name\":\"" name "\"," AT(9, t) ",\"dur\":" #d "}"
#define ARROW(ph, id, t)  "{\"ph\":\"" ph "\",\"bp\":\"e\",\"name\":\"launch\",\"id\":" #id "," AT(9, t) "}"

static struct event_file judge(const char *events)
{
    gzFile file = gzopen(scratch_path("t.gz"), "wb");
    cr_assert(file && gzprintf(file, "{\"traceEvents\":[\n%s\n],\n\"otherData\":{}}\n", events) > 0);
    cr_assert(gzclose(file) == Z_OK);
    return event_file_read(scratch_path("t.gz"));
}

Test(event_file, sees_slices_arrows_and_counters)
{
    struct event_file f =
        judge(NAMED SLICE("a", 0.001, 9.999) ",\n" SLICE("b", 0.001, 5) ",\n" SLICE("c", 5.001, 4.999) ",\n" ARROW(
            "f", 3,
            6) ",\n" ARROW("s", 3,
                           2) ",\n" SLICE("d", 10,
                                          1) ",\n{\"ph\":\"C\",\"name\":\"clock\"," AT(1, 4) ",\"args\":{\"MHz\":7}}");
    cr_expect(!*f.mistake, "%s", f.mistake);
    cr_expect(f.slices == 4 && f.arrows == 1 && f.counters == 1 && f.tracks == 1 && f.deepest == 2);
    cr_expect_str_eq(f.event[2].inside, "b"); /* the arrow's beginning */
    event_file_free(&f);
}

Test(event_file, sees_mistakes)
{
    static const struct {
        const char *events, *says;
    } cases[] = {
        {NAMED SLICE("a", 0, 2) ",\n" SLICE("b", 1, 1.001), "lasts longer than a"},
        {NAMED SLICE("a", 1, 2) ",\n" SLICE("b", 0.999, 0), "begins before"},
        {SLICE("a", 0, 2), "no name or place"},
        {NAMED SLICE("a", 0, 0.0005), "no duration"},
        {NAMED SLICE("a", -1, 2), "without name"},
        {NAMED "{\"ph\":\"X\"," AT(9, 0) ",\"dur\":1}", "without name"},
        {NAMED "{\"ph\":\"X\",", "not JSON"},
        {NAMED SLICE("a", 0, 2) ",\n" ARROW("s", 1, 1) ",\n" ARROW("f", 1, 2), "lies in no slice"},
        {NAMED SLICE("a", 0, 2) ",\n" ARROW("s", 1, 1), "1 arrows begin, 0 end"},
        {NAMED SLICE("a", 0, 2) ",\n" ARROW("s", 1, 1) ",\n" ARROW("f", 2, 1), "or others"},
        {NAMED SLICE("a", 0, 2) ",\n" ARROW("s", 1, 1) ",\n" ARROW("f", 1, 1) ",\n" ARROW("s", 1, 1) ",\n" ARROW("f", 1,
                                                                                                                 1),
         "two arrows"},
        {NAMED "{\"ph\":\"C\",\"name\":\"clock\"," AT(9, 4) ",\"args\":{\"MHz\":\"7\"}}", "has not one value"},
        {"{\"ph\":\"M\",\"name\":\"thread_nam\"," AT(9, 0) "}", "metadata"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event_file f = judge(cases[i].events);
        cr_expect(strstr(f.mistake, cases[i].says), "%s: %s", cases[i].says, f.mistake);
        event_file_free(&f);
    }
}
