/* HTML character references, decoded as Python's html.unescape does. */
#ifndef SDBENCH_TEXT_HTML_H
#define SDBENCH_TEXT_HTML_H

#include "pipeline/base/text.h"

/* Adds the text to out, with "&amp;" as "&", "&#233;" and "&#xe9;" as U+00E9, and so on, all by the rules of HTML 5:
 * every name it knows; 106 of them without ";" too, and then with anything behind them ("&ampere" is "&ere"). The text
 * is valid UTF-8 and so is what is added. */
void html_unescape(const char *text, size_t bytes, struct text *out);

#endif
