/* Runs the built program as a user does, and keeps what it says.
 *
 *     struct program_result r = PROGRAM("tokenize", "a cute otter", "--json");
 *     cr_assert_eq(r.code, 0, "%s", r.log);
 *     program_result_free(&r);
 *
 * The program is the file that SDBENCH_PROGRAM names, else build/sdbench. Its cache is SDBENCH_CACHE, else
 * build/test-cache: never the user's own. */
#ifndef SDBENCH_TESTS_SUPPORT_PROGRAM_H
#define SDBENCH_TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>

struct program_result {
    int code;     /* exit status; 128 + the signal that ended it */
    char *output; /* all of stdout, malloc'ed */
    char *log;    /* all of stderr */
};

/* What is other than usual; NULL and 0 where nothing is. */
struct program_setting {
    const char *folder;    /* to start in */
    const char *output;    /* a file in place of stdout, such as /dev/full */
    bool terminal;         /* stderr is a terminal: the log holds all that it shows */
    const char *interrupt; /* sends SIGINT as soon as the terminal shows this text */
};

/* `argument` is what follows the program's name, and ends with NULL. */
struct program_result program_run(const char *const *argument, const struct program_setting *setting);

#define PROGRAM(...)               program_run((const char *const[]){__VA_ARGS__, NULL}, NULL)
#define PROGRAM_WITH(setting, ...) program_run((const char *const[]){__VA_ARGS__, NULL}, setting)

void program_result_free(struct program_result *r);

/* Runs it and asserts the exit code and that stderr holds every word (NULL ends the list). */
void program_refuses(const char *const *argument, int code, const char *const *words);

#endif
