/* A row's values, in the order of a model's inputs. */

/* f(row): the values of a dict under the names of columns, each of its column's class or None.
 *
 * A row that is not a dict, or has more keys or fewer, is arranged first; a value of another class is coerced.
 * Both are done by functions of the caller, which raise what there is to say.
 */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *names, *classes, *coercers; /* tuples of one length */
    PyObject *arrange;
} Reader;

/* Return the value of a key, or NULL with an error set. */
INLINE PyObject *dict_value(PyObject *dict, PyObject *key)
{
    PyObject *value;
#if PY_VERSION_HEX >= 0x030D0000
    PyDict_GetItemRef(dict, key, &value);
#else
    value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
#endif
    if (!value && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, key);
    return value;
}

/* Return a value as its column has it; `value` is taken over. */
static PyObject *coerced(const Reader *reader, Py_ssize_t i, PyObject *value)
{
    PyObject *found;
    if (PyLong_CheckExact(value) && PyTuple_GET_ITEM(reader->classes, i) == (PyObject *)&PyFloat_Type) {
        double number = PyLong_AsDouble(value);
        found = number == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(number);
    } else {
        found = PyObject_CallOneArg(PyTuple_GET_ITEM(reader->coercers, i), value);
    }
    Py_DECREF(value);
    return found;
}

static PyObject *reader_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Reader *reader = (Reader *)self;
    Py_ssize_t count = PyTuple_GET_SIZE(reader->names);
    if (PyVectorcall_NARGS(flags) != 1 || (names && PyTuple_GET_SIZE(names))) {
        PyErr_SetString(PyExc_TypeError, "expected a row");
        return NULL;
    }
    PyObject *row = Py_NewRef(arguments[0]);
    if (!PyDict_CheckExact(row) || PyDict_GET_SIZE(row) != count) {
        Py_SETREF(row, PyObject_CallOneArg(reader->arrange, row));
        if (row && !PyDict_CheckExact(row)) {
            PyErr_SetString(PyExc_TypeError, "a row is arranged as a dict");
            Py_CLEAR(row);
        }
    }
    PyObject *values = row ? PyTuple_New(count) : NULL;
    for (Py_ssize_t i = 0; values && i < count; i++) {
        PyObject *value = dict_value(row, PyTuple_GET_ITEM(reader->names, i));
        if (value && value != Py_None && (PyObject *)Py_TYPE(value) != PyTuple_GET_ITEM(reader->classes, i))
            value = coerced(reader, i, value);
        if (value)
            PyTuple_SET_ITEM(values, i, value);
        else
            Py_CLEAR(values);
    }
    Py_XDECREF(row);
    return values;
}

static int reader_traverse(PyObject *self, visitproc visit, void *arg)
{
    Reader *reader = (Reader *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(reader->names);
    Py_VISIT(reader->classes);
    Py_VISIT(reader->coercers);
    Py_VISIT(reader->arrange);
    return 0;
}

static int reader_clear(PyObject *self)
{
    Reader *reader = (Reader *)self;
    Py_CLEAR(reader->names);
    Py_CLEAR(reader->classes);
    Py_CLEAR(reader->coercers);
    Py_CLEAR(reader->arrange);
    return 0;
}

static void reader_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    reader_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef reader_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Reader, vectorcall), READONLY},
    {NULL},
};
