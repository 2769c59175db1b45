/* The factors of ALS by id. */

/* f(user, item): the dot product of two vectors of float, NaN when an id is unknown. */
typedef struct {
    const int32_t *ids;
    const float *values;
    Py_ssize_t count;
    Buffer id_buffer, value_buffer;
} Side;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Side sides[2];
    Py_ssize_t rank;
} Factors;

static const float *side_find(const Side *side, Py_ssize_t rank, long long id)
{
    Py_ssize_t low = 0, high = side->count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (side->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < side->count && side->ids[low] == id ? side->values + low * rank : NULL;
}

static PyObject *factors_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Factors *factors = (Factors *)self;
    const float *found[2];
    if (PyVectorcall_NARGS(flags) != 2 || (names && PyTuple_GET_SIZE(names))) {
        PyErr_SetString(PyExc_TypeError, "expected a user and an item");
        return NULL;
    }
    for (int k = 0; k < 2; k++) {
        long long id = PyLong_AsLongLong(arguments[k]);
        if (id == -1 && PyErr_Occurred())
            return NULL;
        found[k] = side_find(&factors->sides[k], factors->rank, id);
    }
    if (!found[0] || !found[1])
        return PyFloat_FromDouble(NAN);
    float total = 0.0f;
    for (Py_ssize_t k = 0; k < factors->rank; k++)
        total += found[0][k] * found[1][k];
    return PyFloat_FromDouble((double)total);
}

static void factors_dealloc(PyObject *self)
{
    Factors *factors = (Factors *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (int k = 0; k < 2; k++) {
        buffer_close(&factors->sides[k].id_buffer);
        buffer_close(&factors->sides[k].value_buffer);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static int factors_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (int k = 0; k < 2; k++) {
        Py_VISIT(((Factors *)self)->sides[k].id_buffer.view.obj);
        Py_VISIT(((Factors *)self)->sides[k].value_buffer.view.obj);
    }
    return 0;
}
