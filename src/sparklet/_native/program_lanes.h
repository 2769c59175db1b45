/* Instructions that compute doubles from doubles lane by lane, in loops that the compiler vectorizes. */

#define EITHER_NULL (is_null(x) | is_null(y))

/* The operations on a lane's operands x, y and z. */
#define LANE_OPERATIONS(X)                                                                                     \
    X(COPY, x)                                                                                                 \
    X(ADD, x + y)                                                                                              \
    X(SUB, x - y)                                                                                              \
    X(MUL, x * y)                                                                                              \
    X(DIV, x / y)                                                                                              \
    X(ADD_NULL, EITHER_NULL ? null_double() : x + y)                                                           \
    X(SUB_NULL, EITHER_NULL ? null_double() : x - y)                                                           \
    X(MUL_NULL, EITHER_NULL ? null_double() : x * y)                                                           \
    X(DIV_NULL, EITHER_NULL ? null_double() : x / y)                                                           \
    X(AFFINE, (x - y) * z)                                                                                     \
    X(NEG, -x)                                                                                                 \
    X(NEG_NULL, is_null(x) ? x : -x)                                                                           \
    X(EXP, not_null(exp(x)))                                                                                   \
    X(LT, x < y ? 1.0 : 0.0)                                                                                   \
    X(LE, x <= y ? 1.0 : 0.0)                                                                                  \
    X(GT, x > y ? 1.0 : 0.0)                                                                                   \
    X(GE, x >= y ? 1.0 : 0.0)                                                                                  \
    X(EQ, x == y ? 1.0 : 0.0)                                                                                  \
    X(NE, x != y ? 1.0 : 0.0)                                                                                  \
    X(NE_NULL, (x != y) & !EITHER_NULL ? 1.0 : 0.0)                                                            \
    X(IS_NULL, is_null(x) ? 1.0 : 0.0)                                                                         \
    X(NOT, 1.0 - x)                                                                                            \
    X(AND, x * y)                                                                                              \
    X(OR, x > y ? x : y)                                                                                       \
    X(SELECT, x != 0.0 ? y : z)                                                                                \
    X(TRUTH, (x != 0.0) & !is_null(x) ? 1.0 : 0.0)

#define LANES_OF(name, expression)                                                                             \
    case OP_##name:                                                                                            \
        for (int32_t i = 0; i < n; i++) {                                                                      \
            const double x = xs[i], y = ys[i], z = zs[i];                                                      \
            (void)y, (void)z;                                                                                  \
            to[i] = (expression);                                                                              \
        }                                                                                                      \
        return;

/* Compute the lanes of an instruction with at most three operands. */
static void run_lanes(const Program *program, const Frame *frame, int opcode, const int32_t *code)
{
    int32_t n = code[1];
    double *RESTRICT to = (double *)frame->registers + code[2];
    const double *RESTRICT xs = operand(program, frame, code[3], n, frame->scratch);
    const double *RESTRICT ys = operand(program, frame, code[4], n, frame->scratch + program->lanes);
    const double *RESTRICT zs = operand(program, frame, code[5], n, frame->scratch + 2 * program->lanes);
    switch (opcode) {
        LANE_OPERATIONS(LANES_OF)
    }
}

/* Return how many of the ascending splits are <= x, as `bisect.bisect_right` does. */
INLINE int32_t splits_below(const double *splits, int32_t count, double x)
{
    int32_t low = 0, high = count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (x < splits[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Each lane has its own splits: their start in the tables, and their number. */
static void run_bucket(const Program *program, const Frame *frame, const int32_t *code)
{
    int32_t n = code[1];
    double *to = (double *)frame->registers + code[2];
    const double *x = operand(program, frame, code[3], n, frame->scratch);
    const int32_t *splits = code + 4;
    for (int32_t i = 0; i < n; i++)
        to[i] = is_null(x[i]) ? x[i]
                              : (double)splits_below(program->tables + splits[2 * i], splits[2 * i + 1], x[i]) - 1.0;
}

/* --- functions of some doubles, as `stages/classification/classifier.py` has them --- */

static void softmax(const double *x, double *to, int32_t n)
{
    double most = -DBL_MAX, total = 0.0;
    for (int32_t i = 0; i < n; i++) {
        if (x[i] == INFINITY) {
            for (int32_t k = 0; k < n; k++)
                to[k] = k == i ? 1.0 : not_null(x[k] * 0.0);
            return;
        }
        if (x[i] > most)
            most = x[i];
    }
    for (int32_t i = 0; i < n; i++) {
        to[i] = exp(x[i] - most);
        total += to[i];
    }
    double factor = total != 0.0 ? 1.0 / total : INFINITY;
    for (int32_t i = 0; i < n; i++)
        to[i] = not_null(to[i] * factor);
}

/* Return 0 for values that cannot be normalized. */
static int normalize(const double *x, double *to, int32_t n)
{
    double total = 0.0;
    for (int32_t i = 0; i < n; i++) {
        if (!(x[i] >= 0.0))
            return 0;
        total += x[i];
    }
    if (!(total > 0.0))
        return 0;
    for (int32_t i = 0; i < n; i++)
        to[i] = not_null(x[i] / total);
    return 1;
}

static double index_of_largest(const double *x, int32_t n)
{
    int32_t best = 0;
    for (int32_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return (double)best;
}
