/* Unicode normalization form C: canonical decomposition, order of marks, composition. */
#ifndef SDBENCH_TEXT_NFC_H
#define SDBENCH_TEXT_NFC_H

#include "pipeline/text/utf8.h"

struct err nfc(struct code_points *text);

#endif
