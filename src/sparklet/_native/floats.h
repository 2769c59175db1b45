/* Functions in float: what XGBoost's Spark stages make of margins. */

static float float_expit(float x) { return 1.0f / (1.0f + expf(-x)); }

/* XGBoost's own, `Sigmoid` in src/common/math.h. */
static float float_sigmoid(float x)
{
    float negative = -x < 88.7f ? -x : 88.7f;
    return 1.0f / (expf(negative) + 1.0f + 1e-16f);
}

/* numpy's exp of float32 as it is on every x86 CPU with AVX2 (`simd_exp_FLOAT`): k = round(x / log 2) and a
 * quotient of polynomials of the rest. */
static float numpy_expf(float x)
{
    if (x != x || x >= 88.72283935546875f)
        return x != x ? x : INFINITY;
    if (x <= -103.97208404541015625f)
        return 0.0f;
    float magic = 0x1.8p+23f, k = x * 1.442695040888963407359924681001892137f;
    k = (k + magic) - magic;
    float y = fmaf(k, -1.42860677e-6f, fmaf(k, -6.93145752e-1f, x));
    float above = fmaf(y, 5.082762527590693718096e-04f, 6.757896990527504603057e-03f);
    above = fmaf(above, y, 5.114512081637298353406e-02f);
    above = fmaf(above, y, 2.473615434895520810817e-01f);
    above = fmaf(above, y, 7.257664613233124478488e-01f);
    above = fmaf(above, y, 9.999999999980870924916e-01f);
    float below = fmaf(y, 2.159509375685829852307e-02f, -2.742335390411667452936e-01f);
    below = fmaf(below, y, 1.0f);
    return ldexpf(above / below, (int)k);
}

/* numpy's sum of adjacent float32 (`pairwise_sum`). */
static float numpy_sumf(const double *x, int32_t n)
{
    if (n > 128) {
        int32_t half = n / 2 - n / 2 % 8;
        return numpy_sumf(x, half) + numpy_sumf(x + half, n - half);
    }
    float sums[8], total = -0.0f;
    int32_t i = 0;
    if (n >= 8) {
        for (; i < 8; i++)
            sums[i] = (float)x[i];
        for (; i < n - n % 8; i += 8)
            for (int k = 0; k < 8; k++)
                sums[k] += (float)x[i + k];
        total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }
    for (; i < n; i++)
        total += (float)x[i];
    return total;
}

/* `scipy.special.softmax` of a row of float32. */
static void float_softmax(const double *x, double *to, int32_t n)
{
    float most = (float)x[0];
    for (int32_t i = 1; i < n && most == most; i++)
        if (!((float)x[i] <= most))
            most = (float)x[i];
    for (int32_t i = 0; i < n; i++)
        to[i] = numpy_expf((float)x[i] - most);
    float total = numpy_sumf(to, n);
    for (int32_t i = 0; i < n; i++)
        to[i] = not_null((double)((float)to[i] / total));
}

/* The probabilities of two classes, of the raw predictions [-margin, margin]. */
static void float_two_classes(const double *x, double *to)
{
    float second = float_expit((float)x[1]);
    to[0] = not_null((double)(1.0f - second));
    to[1] = not_null((double)second);
}

/* Run a function of a dense vector's elements; return 0 where its fallback must decide. */
static int function_of_elements(int opcode, const double *x, double *to, int32_t n)
{
    switch (opcode) {
    case OP_SOFTMAX:
        softmax(x, to, n);
        return 1;
    case OP_ARGMAX:
        *to = index_of_largest(x, n);
        return 1;
    case OP_FLOAT_SOFTMAX:
        float_softmax(x, to, n);
        return 1;
    case OP_FLOAT_EXPIT:
        float_two_classes(x, to);
        return 1;
    case OP_FLOAT_SIGMOID:
        for (int32_t i = 0; i < n; i++)
            to[i] = not_null((double)float_sigmoid((float)x[i]));
        return 1;
    case OP_FLOAT_EXP:
        for (int32_t i = 0; i < n; i++)
            to[i] = not_null((double)expf((float)x[i]));
        return 1;
    default:
        return normalize(x, to, n);
    }
}
