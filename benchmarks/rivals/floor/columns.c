/* The floor of the series: columns of numbers, imputed, scaled, bucketized and assembled, perhaps with a
   logistic regression behind, called from Python with a dict, giving a dict.

   It checks what sparklet checks (every key there; a float or int, None and NaN only where they are imputed; a
   vector that is not shorter as a sparse one), computes in Spark's order of operations and returns the same
   types: floats and DenseVector objects. */

#include "values.h"

#include <float.h>

#define MOST 16384

typedef struct {
    PyObject_HEAD
    Answer answer;
    PyObject *names;
    Py_ssize_t columns, splits;
    int scalers;
    double *surrogates, *means, *factors, *bounds, *weights; /* NULL: no such stage */
    double intercept;
} Numbers;

static int read_row(const Numbers *self, PyObject *row, double *x)
{
    if (!PyDict_Check(row)) {
        PyErr_SetString(PyExc_TypeError, "expected a dict");
        return 0;
    }
    int bad = 0;
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < self->columns; i++) {
        PyObject *value = value_of(row, PyTuple_GET_ITEM(self->names, i), &at);
        if (value == NULL)
            return 0;
        double v = number(value, &bad);
        if (v != v) {
            if (self->surrogates == NULL) {
                PyErr_SetString(PyExc_ValueError, "null or NaN while assembling a row");
                return 0;
            }
            v = self->surrogates[i];
        }
        x[i] = v;
    }
    return !bad;
}

/* Java11BLAS: four fused accumulators, added in order, then what is left. */
static double dot(const double *x, const double *y, Py_ssize_t count)
{
    double lanes[4] = {0.0, 0.0, 0.0, 0.0}, total = 0.0;
    Py_ssize_t whole = count / 4 * 4;
    for (Py_ssize_t i = 0; i < whole; i += 4)
        for (int k = 0; k < 4; k++)
            lanes[k] = fma(x[i + k], y[i + k], lanes[k]);
    if (whole)
        total = 0.0 + lanes[0] + lanes[1] + lanes[2] + lanes[3];
    for (Py_ssize_t i = whole; i < count; i++)
        total = fma(x[i], y[i], total);
    return total;
}

static PyObject *score(PyObject *object, PyObject *row)
{
    const Numbers *self = (Numbers *)object;
    double x[MOST];
    Py_ssize_t columns = self->columns, size = columns;
    if (!read_row(self, row, x))
        return NULL;
    if (self->bounds != NULL) {
        /* The outer splits are infinite: a bucket is the count of inner splits that are not above. Spark searches
           with Java's order, in which -0.0 is below 0.0. */
        for (Py_ssize_t i = 0; i < columns; i++) {
            double bucket = 0.0, v = x[i] == 0.0 && signbit(x[i]) ? -DBL_MIN : x[i];
            for (Py_ssize_t s = 0; s < self->splits; s++)
                bucket += v >= self->bounds[s];
            x[columns + i] = bucket;
        }
        size += columns;
    }
    for (Py_ssize_t i = 0; i < columns; i++)
        x[i] += 0.0; /* an assembler keeps non-zeros: -0.0 becomes 0.0 */
    for (int s = 0; s < self->scalers; s++) {
        const double *means = self->means + s * columns, *factors = self->factors + s * columns;
        for (Py_ssize_t i = 0; i < columns; i++)
            x[i] = (x[i] - means[i]) * factors[i];
    }
    if (self->weights != NULL)
        return logistic(&self->answer, dot(x, self->weights, columns) + self->intercept, 0.0);
    if (self->scalers == 0 || self->bounds != NULL) { /* the last stage is an assembler, whose vector may be sparse */
        Py_ssize_t nonzeros = 0;
        for (Py_ssize_t i = 0; i < size; i++) {
            nonzeros += x[i] != 0.0;
            x[i] += 0.0;
        }
        if (12 * nonzeros + 28 < 8 * size + 12) { /* since Spark 4.1 */
            PyErr_SetString(PyExc_ValueError, "the floor gives dense vectors only");
            return NULL;
        }
    }
    PyObject *out = PyDict_New(), *vector = dense_vector(&self->answer, x, size);
    if (!out || !vector || PyDict_SetItem(out, self->answer.features, vector) < 0)
        Py_CLEAR(out);
    Py_XDECREF(vector);
    return out;
}

/* Copy an optional buffer of `count` doubles (or of any count, for -1, which is stored). */
static int take(PyObject *source, double **target, Py_ssize_t *count)
{
    Py_ssize_t size = 0;
    if (source == Py_None)
        return 1;
    if ((*target = doubles(source, &size)) == NULL)
        return 0;
    if (*count < 0)
        *count = size;
    if (size == *count)
        return 1;
    PyErr_SetString(PyExc_ValueError, "one number for each column");
    return 0;
}

/* Numbers(DenseVector, names, surrogates, means, factors, inner splits, weights, intercept): buffers of
   doubles or None; means and factors are those of all scalers, one after the other. */
static PyObject *create(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *vector, *names, *surrogates, *means, *factors, *bounds, *weights;
    double intercept;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OO!OOOOOd", &vector, &PyTuple_Type, &names, &surrogates, &means, &factors, &bounds,
                          &weights, &intercept))
        return NULL;
    Numbers *self = (Numbers *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->names = Py_NewRef(names);
    self->columns = PyTuple_GET_SIZE(names);
    self->intercept = intercept;
    self->splits = -1;
    Py_ssize_t scaled = -1;
    if (2 * self->columns > MOST)
        PyErr_SetString(PyExc_ValueError, "the floor has no room for so many columns");
    else if (answer_init(&self->answer, vector) && take(surrogates, &self->surrogates, &self->columns) &&
             take(means, &self->means, &scaled) && take(factors, &self->factors, &scaled) &&
             take(bounds, &self->bounds, &self->splits) && take(weights, &self->weights, &self->columns)) {
        self->scalers = scaled < 0 ? 0 : (int)(scaled / self->columns);
        return (PyObject *)self;
    }
    Py_DECREF(self);
    return NULL;
}

static void destroy(PyObject *object)
{
    Numbers *self = (Numbers *)object;
    answer_clear(&self->answer);
    Py_XDECREF(self->names);
    PyMem_Free(self->surrogates);
    PyMem_Free(self->means);
    PyMem_Free(self->factors);
    PyMem_Free(self->bounds);
    PyMem_Free(self->weights);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {{"score", score, METH_O, "Score one row."}, {NULL, NULL, 0, NULL}};

static PyTypeObject numbers_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor_columns.Numbers",
    .tp_basicsize = sizeof(Numbers),
    .tp_dealloc = destroy,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
    .tp_new = create,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "floor_columns", .m_size = -1};

PyMODINIT_FUNC PyInit_floor_columns(void) { return module_of(&module, &numbers_type, "Numbers"); }
