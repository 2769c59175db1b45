/* Dots of sequences. */

/* f(x): the ordered dot of a tuple or list of floats and weights; a chain is f(start, x), one accumulator. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *fallback;
    double *weights;
    Py_ssize_t size;
    int chain;
    Order order;
    Dot dot;
} Product;

INLINE double chained(double total, const double *x, const double *y, Py_ssize_t n, int fused)
{
    for (Py_ssize_t i = 0; i < n; i++)
        total = product_sum(x[i], y[i], total, fused);
    return total;
}

#ifdef X86_FMA
TARGET_FMA static double chain_fused_here(double total, const double *x, const double *y, Py_ssize_t n)
{
    return chained(total, x, y, n, 1);
}
#endif

static double chain(double total, const double *x, const double *y, Py_ssize_t n, int fused)
{
#ifdef X86_FMA
    if (fused && __builtin_cpu_supports("fma"))
        return chain_fused_here(total, x, y, n);
#endif
    return fused ? chained(total, x, y, n, 1) : chained(total, x, y, n, 0);
}

/* Read a float of a tuple or list; return 0 where it is none. */
INLINE int float_item(PyObject *sequence, Py_ssize_t i, int list, double *value)
{
#ifdef Py_GIL_DISABLED
    PyObject *item = list ? PyList_GetItemRef(sequence, i) : Py_NewRef(PyTuple_GET_ITEM(sequence, i));
    if (!item) {
        PyErr_Clear();
        return 0;
    }
#else
    PyObject *item = list ? PyList_GET_ITEM(sequence, i) : PyTuple_GET_ITEM(sequence, i);
#endif
    int good = PyFloat_CheckExact(item);
    if (good)
        *value = PyFloat_AS_DOUBLE(item);
#ifdef Py_GIL_DISABLED
    Py_DECREF(item);
#endif
    return good;
}

static PyObject *product_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Product *product = (Product *)self;
    double stack[STACK], *x = stack, result = 0.0;
    Py_ssize_t size = product->size;
    stack[0] = 0.0;
    int good = PyVectorcall_NARGS(flags) == 1 + product->chain && !(names && PyTuple_GET_SIZE(names)) &&
               (!product->chain || PyFloat_CheckExact(arguments[0]));
    PyObject *sequence = good ? arguments[product->chain] : NULL;
    int list = good && PyList_CheckExact(sequence);
    good = good && (list || PyTuple_CheckExact(sequence)) && Py_SIZE(sequence) == size;
    if (good && size > STACK)
        good = (x = PyMem_Malloc(size * sizeof(double))) != NULL;
    for (Py_ssize_t i = 0; good && i < size; i++)
        good = float_item(sequence, i, list, &x[i]);
    if (good)
        result = product->chain
                     ? chain(PyFloat_AS_DOUBLE(arguments[0]), x, product->weights, size, product->order.fused)
                     : product->dot(x, product->weights, size, product->order);
    if (x != stack)
        PyMem_Free(x);
    return good ? PyFloat_FromDouble(result) : PyObject_Vectorcall(product->fallback, arguments, flags, names);
}

static int product_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Product *)self)->fallback);
    return 0;
}

static int product_clear(PyObject *self)
{
    Py_CLEAR(((Product *)self)->fallback);
    return 0;
}

static void product_dealloc(PyObject *self)
{
    Product *product = (Product *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(product->fallback);
    PyMem_Free(product->weights);
    type->tp_free(self);
    Py_DECREF(type);
}
