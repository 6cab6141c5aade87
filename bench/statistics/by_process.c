#include "bench/statistics/by_process.h"

#include "bench/statistics/summary.h"

int medians_by_process(double *value, int *process, int *round, int n)
{
    int count = 0;
    for (int from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && process[to] == process[from];)
            to++;
        sort_ascending(value + from, to - from);
        double median = median_of(value + from, to - from);
        process[count] = process[from];
        round[count] = round[from];
        value[count++] = median;
    }
    return count;
}
