/* The command line of this process, as it was typed but for paths and UUIDs. */
#ifndef SDBENCH_BENCH_RECORD_COMMAND_LINE_H
#define SDBENCH_BENCH_RECORD_COMMAND_LINE_H

#include <cjson/cJSON.h>

/* A list of words; empty where it is not known. */
cJSON *command_line_words(void);

#endif
