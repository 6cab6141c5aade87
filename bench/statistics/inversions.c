#include "bench/statistics/inversions.h"

#include <stdbool.h>
#include <string.h>

/* A merge sort: whatever is taken from the right half passes all that is left of the left half. */
int64_t count_inversions(double *values, double *scratch, int n)
{
    if (n < 2)
        return 0;
    int half = n / 2, left = 0, right = half;
    int64_t count = count_inversions(values, scratch, half) + count_inversions(values + half, scratch, n - half);
    for (int i = 0; i < n; i++) {
        bool from_right = left == half || (right < n && values[right] < values[left]);
        count += from_right ? half - left : 0;
        scratch[i] = values[from_right ? right++ : left++];
    }
    memcpy(values, scratch, (size_t)n * sizeof *values);
    return count;
}
