/* DenseVectors made at once. */

/* What a module keeps besides objects; its state begins with `State`. */
typedef struct {
    State state;
    Py_ssize_t values_at; /* where a DenseVector has its tuple */
    Py_ssize_t sparse_size_at, sparse_indices_at, sparse_values_at;
} Kept;

/* Return the value of a slot of a vector object, NULL when it is unset. */
INLINE PyObject *slot_of_object(PyObject *object, Py_ssize_t at)
{
    return *(PyObject **)((char *)object + at);
}

/* Return the DenseVector of a tuple; steals the reference. */
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

/* Return the SparseVector of its parts; steals the references. */
static PyObject *sparse_around(const Kept *kept, Py_ssize_t size, PyObject *indices, PyObject *values)
{
    PyTypeObject *type = (PyTypeObject *)kept->state.sparse;
    PyObject *number = indices && values ? PyLong_FromSsize_t(size) : NULL;
    PyObject *vector = number ? type->tp_alloc(type, 0) : NULL;
    if (!vector) {
        Py_XDECREF(number);
        Py_XDECREF(indices);
        Py_XDECREF(values);
        return NULL;
    }
    *(PyObject **)((char *)vector + kept->sparse_size_at) = number;
    *(PyObject **)((char *)vector + kept->sparse_indices_at) = indices;
    *(PyObject **)((char *)vector + kept->sparse_values_at) = values;
    return vector;
}

/* Return the size of a vector object, -1 for any other object. */
static Py_ssize_t size_of_vector(const Kept *kept, PyObject *object)
{
    if ((PyObject *)Py_TYPE(object) == kept->state.dense) {
        PyObject *values = slot_of_object(object, kept->values_at);
        return values && PyTuple_CheckExact(values) ? PyTuple_GET_SIZE(values) : -1;
    }
    if ((PyObject *)Py_TYPE(object) != kept->state.sparse)
        return -1;
    PyObject *size = slot_of_object(object, kept->sparse_size_at);
    Py_ssize_t found = size && PyLong_CheckExact(size) ? PyLong_AsSsize_t(size) : -1;
    PyErr_Clear();
    return found;
}

/* Return whether an object is a vector of the given size; -1 is any size. */
static int has_size(const Kept *kept, PyObject *object, int64_t size)
{
    Py_ssize_t found = size_of_vector(kept, object);
    return found >= 0 && (size < 0 || found == size);
}

/* Find the offset of a slot that holds an object. */
static int find_slot(PyObject *type, PyObject *name, Py_ssize_t *at)
{
    PyObject *member = PyObject_GetAttr(type, name);
    if (!member)
        return -1;
    int found = Py_TYPE(member) == &PyMemberDescr_Type;
    if (found)
        *at = ((PyMemberDescrObject *)member)->d_member->offset;
    else
        PyErr_Format(PyExc_TypeError, "%U of a vector is not a slot", name);
    Py_DECREF(member);
    return found ? 0 : -1;
}

static int find_slots(Kept *kept)
{
    const State *state = &kept->state;
    return find_slot(state->dense, state->values, &kept->values_at) < 0 ||
                   find_slot(state->sparse, state->size_name, &kept->sparse_size_at) < 0 ||
                   find_slot(state->sparse, state->indices, &kept->sparse_indices_at) < 0 ||
                   find_slot(state->sparse, state->values, &kept->sparse_values_at) < 0
               ? -1
               : 0;
}
