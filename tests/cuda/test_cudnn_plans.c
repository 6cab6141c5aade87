/* What cuDNN can do on devices that are not here: cudnn-plans (tests/cuda/program) in a process of its own, with a
 * driver library that only loads (tests/cuda/host/fake_driver.c) in place of the machine's. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

/* A table takes a few seconds, and some more where plans are compiled for the first time; the machine may be busy. */
TestSuite(cudnn_plans, .timeout = 240);

/* Where the build left it: SDBENCH_CUDA_TESTS names the folder, else build/tests. */
static const char *tests_folder(void)
{
    const char *named = getenv("SDBENCH_CUDA_TESTS");
    return named ? named : "build/tests";
}

/* The program says what it found, and what must not be in lines that begin with FAIL. */
static void run_check(const char *arguments)
{
    struct text command = {0}, said = {0};
    char part[4096], program[4096];
    snprintf(program, sizeof program, "%s/cudnn-plans", tests_folder());
    if (access(program, X_OK))
        cr_skip_test("no %s: this build is without cuDNN", program);
    text_add(&command, "LD_LIBRARY_PATH='%s/fake-driver'${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} '%s' %s 2>&1",
             tests_folder(), program, arguments);
    FILE *from = popen(text_get(&command), "r");
    cr_assert(from, "%s cannot be started", program);
    for (size_t n; (n = fread(part, 1, sizeof part, from)) > 0;)
        text_add_bytes(&said, part, n);
    int status = pclose(from);
    cr_expect_eq(status, 0, "%s %s: status %d:\n%s", program, arguments, status, text_get(&said));
    printf("%s", text_get(&said));
    text_free(&command);
    text_free(&said);
}

struct chip {
    char name[16];
};

ParameterizedTestParameters(cudnn_plans, every_problem_has_a_plan)
{
    static struct chip chips[] = {{"sm_75"}, {"sm_80"}, {"sm_86"}, {"sm_89"}, {"sm_90"}, {"sm_120"}};
    return cr_make_param_array(struct chip, chips, sizeof chips / sizeof *chips);
}

ParameterizedTest(struct chip *chip, cudnn_plans, every_problem_has_a_plan)
{
    char folder[2048], arguments[4096];
    snprintf(folder, sizeof folder, "%s/cudnn-compiled", tests_folder());
    struct err e = file_make_folder(folder);
    cr_assert_eq(e.code, 0, "%s", err_text(e));
    snprintf(arguments, sizeof arguments, "table %s '%s/%s'", chip->name, folder, chip->name);
    run_check(arguments);
}

Test(cudnn_plans, ieee_convolutions_have_engines_everywhere)
{
    run_check("ieee");
}

Test(cudnn_plans, text_makes_the_same_plan_and_nothing_else_does)
{
    run_check("texts");
}

Test(cudnn_plans, failing_calls_leave_an_error_and_no_descriptor)
{
    run_check("faults");
}
