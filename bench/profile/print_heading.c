#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure/time_text.h"
#include "bench/profile/cells.h"
#include "bench/profile/overhead.h"
#include "bench/profile/print.h"
#include "bench/profile/roof_of.h"
#include "pipeline/base/dtype.h"

enum { PART_TITLE = 26, PART_BAR = 64 };

static void add_names(const struct profile *p, struct text *line)
{
    text_add(line, "%s on %s", *p->variant ? p->variant : "a variant", *p->backend ? p->backend : "a backend");
    if (*p->workload)
        text_add(line, ", %s", p->workload);
    const bool says_source = !strncmp(p->description, p->source, strlen(p->source)); /* "CUPTI 13.0 ..." of "CUPTI" */
    text_add(line, ": %s", says_source && *p->description ? p->description : *p->source ? p->source : "?");
    if (*p->description && !says_source)
        text_add(line, " (%s)", p->description);
    if (*p->device)
        text_add(line, " · %s", p->device);
}

static void add_overhead(const struct profile *p, struct text *line)
{
    char traced[TIME_TEXT], timing[TIME_TEXT];
    if (!p->has_overhead)
        text_add(line, "overhead of tracing: not known");
    else if (p->timing_ns > 0 && p->traced_ns > 0)
        text_add(line, "overhead of tracing: %+.1f %% (medians: %s traced, %s not)", 100 * p->overhead,
                 time_text(p->traced_ns, traced), time_text(p->timing_ns, timing));
    else
        text_add(line, "overhead of tracing: %+.1f %%", 100 * p->overhead);
    if (p->callback_ns > 0)
        text_add(line, "; %.0f launches, %.0f ns to tell of each", p->launches, p->callback_ns);
    if (p->callback_ns > 0 && p->account.span_ns > 0)
        text_add(line, ": %.3f %%", 100 * p->launches * p->callback_ns / p->account.span_ns);
}

static void add_line(struct text *line, struct text *out)
{
    add_wrapped(text_get(line), 2, out);
    text_free(line);
}

/* "64 KiB", "256 MiB" */
static void add_size(double bytes, struct text *line)
{
    text_add(line, bytes < 1 << 20 ? "%.0f KiB" : "%.0f MiB", bytes / (bytes < 1 << 20 ? 1 << 10 : 1 << 20));
}

static void add_copies(const struct roofs *r, struct text *line)
{
    const struct roof *small = NULL, *large = NULL;
    for (int i = 0; i < r->count; i++) {
        const struct roof *one = &r->roof[i];
        if (one->is_product)
            continue;
        small = !small || one->bytes < small->bytes ? one : small;
        large = !large || one->bytes > large->bytes ? one : large;
    }
    if (!small)
        return;
    text_add(line, "; copies %.3g GB/s (", small->rate * 1e-9);
    add_size((double)small->bytes, line);
    text_add(line, ") to %.3g GB/s (", large->rate * 1e-9);
    add_size((double)large->bytes, line);
    text_add(line, ")");
}

static void add_peaks(const struct profile *p, struct text *line)
{
    const struct roofs r = profile_roofs(p);
    const char *before = "peaks measured beside it: products ";
    for (int i = 0; i < r.count; i++) {
        if (!r.roof[i].is_product)
            continue;
        const char *dtype = dtypes[r.roof[i].dtype].name;
        const struct profile_roof *theory = profile_theory_of(p, dtype);
        text_add(line, "%s%s %.3g TFLOP/s", before, dtype, r.roof[i].rate * 1e-12);
        if (theory)
            text_add(line, " (in theory %.3g at %.0f MHz)", theory->theoretical_rate * 1e-12, theory->clock_hz * 1e-6);
        before = ", ";
    }
    add_copies(&r, line);
}

/* Nothing where nothing was known. */
static void add_sensed(const struct sensor_summary *s, struct text *line)
{
    const char *between = "while it was traced: ";
    if (isfinite(s->median_clock_hz)) {
        text_add(line, "%sclock %.0f MHz (%.0f to %.0f)", between, s->median_clock_hz * 1e-6, s->min_clock_hz * 1e-6,
                 s->max_clock_hz * 1e-6);
        between = ", ";
    }
    if (isfinite(s->mean_power_mw)) {
        text_add(line, "%s%.0f W", between, s->mean_power_mw * 1e-3);
        between = ", ";
    }
    if (isfinite(s->max_temperature_c)) {
        text_add(line, "%s%.0f C", between, s->max_temperature_c);
        between = ", ";
    }
    if (s->throttle_share[THROTTLE_power_cap] > 0)
        text_add(line, "%sat the power cap for %.0f %% of the time", between,
                 100 * s->throttle_share[THROTTLE_power_cap]);
}

void profile_add_heading(const struct profile *p, struct text *out)
{
    struct text line = {0};
    add_names(p, &line);
    add_line(&line, out);
    add_overhead(p, &line);
    add_line(&line, out);
    if (p->roofs) {
        add_peaks(p, &line);
        add_line(&line, out);
    }
    if (p->has_profile)
        add_sensed(&p->sensed, &line);
    if (line.length)
        add_line(&line, out);
    if (p->relative_only) {
        text_add(&line,
                 "RELATIVE ONLY: tracing costs more than %.0f %%; compare rows with each other, not with a clock",
                 100 * OVERHEAD_LIMIT);
        add_line(&line, out);
    }
    if (p->valid)
        text_add(&line, "VALID");
    else
        text_add(&line, "INVALID: %s", p->reason ? p->reason : "for an unknown reason");
    if (p->ignored)
        text_add(&line, "; %d record%s damaged and left out", p->ignored, p->ignored == 1 ? " was" : "s were");
    add_line(&line, out);
}

/* Less than half of its smallest step is a hair. */
static void add_bar(double share, struct text *out)
{
    const int length = share > 0 ? (int)(fmin(share, 1) * PART_BAR + 0.5) : 0;
    text_add(out, "%s", length ? "  " : share > 0 ? "  |" : "");
    for (int i = 0; i < length; i++)
        text_add(out, "#");
}

static void add_part(const char *title, double ns, double span_ns, bool has_bar, struct text *out)
{
    text_add(out, "  ");
    cell_name(title, PART_TITLE, out);
    cell_number(ns * 1e-6, 12, ALL_DIGITS, out);
    cell_number(span_ns > 0 ? 100 * ns / span_ns : 0, 7, 1, out);
    if (has_bar && span_ns > 0)
        add_bar(ns / span_ns, out);
    text_add(out, "\n");
}

void profile_add_account(const struct profile *p, struct text *out)
{
    const struct profile_account *a = &p->account;
    char title[64];
    if (!p->repetitions)
        return;
    text_add(out, "\n  ");
    snprintf(title, sizeof title, p->repetitions > 1 ? "median of %d repetitions" : "%d repetition", p->repetitions);
    cell_name(title, PART_TITLE, out);
    text_add(out, "%12s%7s\n", "ms", "%");
    for (int i = 0; i < PART_COUNT; i++)
        add_part(profile_parts[i].title, a->part_ns[i], a->span_ns, true, out);
    add_part("= its span", a->span_ns, a->span_ns, false, out);
    if (a->overlap_ns > 0)
        add_part("work beside other work", a->overlap_ns, a->span_ns, false, out);
    if (a->expected_kernels > 0)
        text_add(out, "  %.0f kernels ran in recordings, %.0f were expected\n", a->kernels, a->expected_kernels);
}
