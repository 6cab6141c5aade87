/* Student's t distribution, for any positive degrees of freedom, fractions too (Welch's are). To 1e-10 or better up to
 * 10^5 degrees; beyond, the gamma function's logarithm loses digits. */
#ifndef SDBENCH_BENCH_STATISTICS_STUDENT_T_H
#define SDBENCH_BENCH_STATISTICS_STUDENT_T_H

/* P(T <= t). NaN where the degrees of freedom are not above 0. */
double student_t_cdf(double t, double df);

/* The t with P(T <= t) = p, for 0 < p < 1; -INFINITY and INFINITY at 0 and 1, NaN outside. */
double student_t_quantile(double p, double df);

/* I_x(a, b), the regularized incomplete beta function. */
double incomplete_beta(double a, double b, double x);

#endif
