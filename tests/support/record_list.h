/* The records of a run, as tests look at them. */
#ifndef SDBENCH_TESTS_SUPPORT_RECORD_LIST_H
#define SDBENCH_TESTS_SUPPORT_RECORD_LIST_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct record_list {
    cJSON **record; /* in the order of the file */
    int count;
};

/* Of a folder in the scratch folder. A line that is no JSON object ends the test. */
struct record_list record_list_read(const char *folder);
void record_list_free(struct record_list *l);

bool record_is(const cJSON *record, const char *kind);

/* "" and NAN where it is not there, or of another type. */
const char *record_text(const cJSON *record, const char *name);
double record_number(const cJSON *record, const char *name);

/* A sample of this state; any where it is NULL. */
bool record_is_sample(const cJSON *record, const char *state);

/* All samples of a state, of a validity where that is not NULL. */
int record_list_samples(const struct record_list *l, const char *state, const char *validity);

/* For failed assertions: the text lives until the eighth call after this one. */
const char *record_line(const cJSON *record);

#endif
