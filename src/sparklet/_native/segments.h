/* A feature vector's segments, see `sparklet.java.layout`. */

enum { SCALAR, ONEHOT, VECTOR };

typedef struct {
    int kind;
    Py_ssize_t start, size; /* size is -1 where a vector's is open */
} Segment;

/* The module's objects; all are held. */
typedef struct {
    PyObject *dense, *sparse;               /* the classes of vectors */
    PyObject *values, *indices, *size_name; /* "values", "indices", "size" */
    PyObject *forest_type, *trees_type, *linear_type, *product_type, *factors_type, *program_type;
    PyObject *block_program_type;
} State;

/* One entry of a vector argument: its parts, held until `vector_close`. */
typedef struct {
    PyObject *values, *indices; /* tuples; indices is NULL for a dense vector */
    Py_ssize_t size, count;
} Vector;

static void vector_close(Vector *vector)
{
    Py_CLEAR(vector->values);
    Py_CLEAR(vector->indices);
}

/* Return 1 for a vector, 0 for an object that the fallback must handle. Leaves no error set. */
static int vector_open(const State *state, PyObject *argument, Vector *vector)
{
    vector->values = vector->indices = NULL;
    int sparse = (PyObject *)Py_TYPE(argument) == state->sparse;
    if (!sparse && (PyObject *)Py_TYPE(argument) != state->dense)
        return 0;
    vector->values = PyObject_GetAttr(argument, state->values);
    if (!vector->values || !PyTuple_CheckExact(vector->values))
        goto odd;
    vector->size = vector->count = PyTuple_GET_SIZE(vector->values);
    if (sparse) {
        PyObject *size = PyObject_GetAttr(argument, state->size_name);
        if (!size)
            goto odd;
        vector->size = PyLong_CheckExact(size) ? PyLong_AsSsize_t(size) : -1;
        Py_DECREF(size);
        vector->indices = PyObject_GetAttr(argument, state->indices);
        if (!vector->indices || vector->size < 0 || !PyTuple_CheckExact(vector->indices) ||
            PyTuple_GET_SIZE(vector->indices) != vector->count)
            goto odd;
    }
    return 1;
odd:
    PyErr_Clear();
    vector_close(vector);
    return 0;
}

/* Read element `i`; return 0 where it is odd: not a float, or an index that is no index. */
INLINE int vector_element(const Vector *vector, Py_ssize_t i, Py_ssize_t *place, double *value)
{
    PyObject *element = PyTuple_GET_ITEM(vector->values, i);
    if (!PyFloat_CheckExact(element))
        return 0;
    *value = PyFloat_AS_DOUBLE(element);
    if (!vector->indices) {
        *place = i;
        return 1;
    }
    PyObject *index = PyTuple_GET_ITEM(vector->indices, i);
    if (!PyLong_CheckExact(index))
        return 0;
    *place = PyLong_AsSsize_t(index);
    if (*place >= 0 && *place < vector->size)
        return 1;
    PyErr_Clear();
    return 0;
}

/* Read the argument of a one-hot segment; return 1 and the index, or -1 for none, 0 for an argument outside the fast path. */
INLINE int onehot_index(PyObject *argument, Py_ssize_t size, Py_ssize_t *index)
{
    if (PyFloat_CheckExact(argument)) {
        double value = PyFloat_AS_DOUBLE(argument);
        *index = value >= 0.0 && value < (double)size ? (Py_ssize_t)value : -1;
        return 1;
    }
    if (!PyLong_CheckExact(argument))
        return 0;
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(argument, &overflow);
    *index = !overflow && value >= 0 && value < size ? (Py_ssize_t)value : -1;
    return 1;
}

static Segment *segments_from(PyObject *layout, Py_ssize_t *count)
{
    if (!PyTuple_Check(layout)) {
        PyErr_SetString(PyExc_TypeError, "a layout is a tuple of segments");
        return NULL;
    }
    *count = PyTuple_GET_SIZE(layout);
    Segment *segments = PyMem_Calloc(*count ? *count : 1, sizeof(Segment));
    if (!segments)
        return (Segment *)PyErr_NoMemory();
    Py_ssize_t end = 0;
    for (Py_ssize_t i = 0; i < *count; i++) {
        const char *kind;
        PyObject *size = Py_None;
        Segment *segment = &segments[i];
        PyObject *item = PyTuple_GET_ITEM(layout, i);
        if (!PyTuple_Check(item) || !PyArg_ParseTuple(item, "sn|O", &kind, &segment->start, &size))
            goto failed;
        segment->kind = *kind == 's' ? SCALAR : *kind == 'o' ? ONEHOT : VECTOR;
        segment->size = segment->kind == SCALAR ? 1 : size == Py_None ? -1 : PyLong_AsSsize_t(size);
        if (PyErr_Occurred())
            goto failed;
        int open = segment->size < 0;
        if (end < 0 || segment->start < end || (open && (segment->kind != VECTOR || i + 1 != *count)) ||
            (!open && segment->size > PY_SSIZE_T_MAX - segment->start)) {
            PyErr_SetString(PyExc_ValueError, "a segment does not follow the one before it");
            goto failed;
        }
        end = open ? -1 : segment->start + segment->size;
    }
    return segments;
failed:
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "a segment is a tuple");
    PyMem_Free(segments);
    return NULL;
}
