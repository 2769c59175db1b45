/* Dots in the orders of the BLASes. */

/* How a BLAS sums, as `blas.Order` has it. */
typedef struct {
    int lanes, fused, vector;
} Order;

INLINE double product_sum(double x, double y, double sum, int fused)
{
    return fused ? fma(x, y, sum) : sum + x * y;
}

INLINE double dot_lanes(const double *x, const double *y, Py_ssize_t n, int lanes, int fused, int tail_fused)
{
    double sums[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}, total = 0.0;
    Py_ssize_t whole = n / lanes * lanes, i = 0;
    for (; i < whole; i += lanes)
        UNROLL
        for (int lane = 0; lane < lanes; lane++)
            sums[lane] = product_sum(x[i + lane], y[i + lane], sums[lane], fused);
    if (lanes == 1)
        return sums[0];
    UNROLL
    for (int lane = 0; lane < lanes; lane++)
        total += sums[lane];
    for (; i < n; i++)
        total = product_sum(x[i], y[i], total, tail_fused);
    return total;
}

INLINE double dot_ordered(const double *x, const double *y, Py_ssize_t n, Order order)
{
    int tail_fused = order.fused && !order.vector;
    switch (order.lanes) {
    case 1:
        return dot_lanes(x, y, n, 1, order.fused, tail_fused);
    case 2:
        return dot_lanes(x, y, n, 2, order.fused, tail_fused);
    case 4:
        return dot_lanes(x, y, n, 4, order.fused, tail_fused);
    default:
        return dot_lanes(x, y, n, 8, order.fused, tail_fused);
    }
}

static double dot_plain(const double *x, const double *y, Py_ssize_t n, Order order)
{
    order.fused = 0;
    return dot_ordered(x, y, n, order);
}

/* fma is libm's function here: exact, if slow, on processors that have none. */
static double dot_fused(const double *x, const double *y, Py_ssize_t n, Order order)
{
    order.fused = 1;
    return dot_ordered(x, y, n, order);
}

#ifdef X86_FMA
TARGET_FMA static double dot_fused_here(const double *x, const double *y, Py_ssize_t n, Order order)
{
    order.fused = 1;
    return dot_ordered(x, y, n, order);
}
#endif

typedef double (*Dot)(const double *, const double *, Py_ssize_t, Order);

static Dot dot_of_order(Order order)
{
    if (!order.fused)
        return dot_plain;
#ifdef X86_FMA
    if (__builtin_cpu_supports("fma"))
        return dot_fused_here;
#endif
    return dot_fused;
}

static int order_converter(PyObject *object, void *address)
{
    Order *order = address;
    if (!PyArg_ParseTuple(object, "iii", &order->lanes, &order->fused, &order->vector))
        return 0;
    if (order->lanes != 1 && order->lanes != 2 && order->lanes != 4 && order->lanes != 8) {
        PyErr_SetString(PyExc_ValueError, "lanes are 1, 2, 4 or 8");
        return 0;
    }
    return 1;
}
