/* Two sides of a gate in the scratch folder (tests/support/scratch.h), both the made-up program of
 * tests/support/gate/fake_sdbench.c: "tree", a source tree whose build is the new side, and "base". */
#ifndef SDBENCH_TESTS_SUPPORT_MADE_UP_SIDES_H
#define SDBENCH_TESTS_SUPPORT_MADE_UP_SIDES_H

#include "tests/support/program.h"

#include <cjson/cJSON.h>

/* Makes the scratch folder with the tree, and keeps noise floors of the user out of it. The weights, which nobody
 * reads, are a file of its own: tests beside this one evict theirs. */
void sides_open(void);

/* What a side says: members of its facts in place of the usual ones, such as "\"warm_ms\":[1000,1010]"; NULL: none.
 * Its starts are counted from 0 again. */
void sides_base(const char *facts);
void sides_new(const char *facts);

/* Copies the made-up program to a file of the scratch folder. */
void sides_copy_program(const char *file);

/* What a gate of the tree came to; its records, one by one, as an array. The records are looked at: each is JSON, the
 * last is the end, none has a path of this machine. */
struct gate_result {
    struct program_result program;
    cJSON *json; /* of --json; NULL where it printed none */
    cJSON *records;
};

/* `argument` comes behind `gate --base ../base --json` and what makes it short, and ends with NULL. Asserts the code.
 */
struct gate_result sides_gate(int code, const char *const *argument);
#define GATE(code, ...) sides_gate(code, (const char *const[]){__VA_ARGS__, NULL})
void gate_result_free(struct gate_result *r);

const cJSON *gate_row(const struct gate_result *r);                          /* of the first variant */
const char *json_text(const cJSON *object, const char *name);                /* "" where it is missing */
int count_records(const cJSON *records, const char *kind, const char *side); /* side NULL: all */

enum { SIDES_ROUNDS = 4, SIDES_SEED = 7 }; /* of these gates */

#endif
