/* DenseVectors made at once. */

/* What a module keeps besides objects; its state begins with `State`. */
typedef struct {
    State state;
    Py_ssize_t values_at; /* where a DenseVector has its tuple */
} Kept;

/* Return a DenseVector of a tuple, which is taken over. */
static PyObject *dense_around(const Kept *kept, PyObject *values)
{
    PyTypeObject *type = (PyTypeObject *)kept->state.dense;
    PyObject *vector = values ? type->tp_alloc(type, 0) : NULL;
    if (vector)
        *(PyObject **)((char *)vector + kept->values_at) = values;
    else
        Py_XDECREF(values);
    return vector;
}

PyDoc_STRVAR(dense_doc, "dense(*elements)\n--\n\nReturn the DenseVector of floats, which are not checked.");

static PyObject *native_dense(PyObject *module, PyObject *const *elements, Py_ssize_t size)
{
    PyObject *values = PyTuple_New(size);
    for (Py_ssize_t i = 0; values && i < size; i++) {
        Py_INCREF(elements[i]);
        PyTuple_SET_ITEM(values, i, elements[i]);
    }
    return dense_around(PyModule_GetState(module), values);
}

PyDoc_STRVAR(dense_of_doc, "dense_of(elements, /)\n--\n\nReturn the DenseVector of a tuple, whose floats are not checked.");

static PyObject *native_dense_of(PyObject *module, PyObject *values)
{
    if (!PyTuple_CheckExact(values)) {
        PyErr_SetString(PyExc_TypeError, "a DenseVector holds a tuple");
        return NULL;
    }
    Py_INCREF(values);
    return dense_around(PyModule_GetState(module), values);
}

/* Find the slot of `values`, a member that holds an object. */
static int find_values(Kept *kept)
{
    PyObject *member = PyObject_GetAttr(kept->state.dense, kept->state.values);
    if (!member)
        return -1;
    int found = Py_TYPE(member) == &PyMemberDescr_Type;
    if (found)
        kept->values_at = ((PyMemberDescrObject *)member)->d_member->offset;
    else
        PyErr_SetString(PyExc_TypeError, "DenseVector.values is not a slot");
    Py_DECREF(member);
    return found ? 0 : -1;
}
