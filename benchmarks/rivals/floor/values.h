/* What both floors share: numbers out of a dict, and the answers of a binary classifier into one. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <structmember.h>

static int same_key(PyObject *key, PyObject *name)
{
    return key == name || (PyUnicode_CheckExact(key) && PyUnicode_GET_LENGTH(key) == PyUnicode_GET_LENGTH(name) &&
                           PyUnicode_KIND(key) == PyUnicode_KIND(name) &&
                           !memcmp(PyUnicode_DATA(key), PyUnicode_DATA(name),
                                   PyUnicode_GET_LENGTH(key) * PyUnicode_KIND(key)));
}

/* Return the value of a key, borrowed, or NULL with an error set. A row whose keys stand in the order in which
   they are asked for is walked through, `at` being where; -1 once they do not. */
static PyObject *value_of(PyObject *row, PyObject *name, Py_ssize_t *at)
{
    PyObject *key, *value;
    if (*at >= 0 && PyDict_Next(row, at, &key, &value) && same_key(key, name))
        return value;
    *at = -1;
    value = PyDict_GetItemWithError(row, name);
    if (value == NULL && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    return value;
}

/* Return a number; NaN for None. *bad is set, and an error raised, for what is no number. */
static double number(PyObject *value, int *bad)
{
    if (PyFloat_CheckExact(value))
        return PyFloat_AS_DOUBLE(value);
    if (value == Py_None)
        return NAN;
    if (PyBool_Check(value) || !(PyLong_Check(value) || PyFloat_Check(value))) {
        PyErr_SetString(PyExc_TypeError, "expected a number");
        *bad = 1;
        return 0.0;
    }
    double x = PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred())
        *bad = 1;
    return x;
}

typedef struct {
    PyTypeObject *vector; /* DenseVector */
    Py_ssize_t slot;      /* where a DenseVector keeps its tuple */
    PyObject *raw, *probability, *prediction, *features;
} Answer;

/* Take over the class of vectors; return 0 with an error set where it does not keep a slot. */
static int answer_init(Answer *answer, PyObject *vector)
{
    PyObject *member = PyObject_GetAttrString(vector, "values");
    if (member == NULL || !Py_IS_TYPE(member, &PyMemberDescr_Type)) {
        Py_XDECREF(member);
        PyErr_SetString(PyExc_TypeError, "a DenseVector keeps its values in a slot");
        return 0;
    }
    answer->slot = ((PyMemberDescrObject *)member)->d_member->offset;
    Py_DECREF(member);
    answer->vector = (PyTypeObject *)Py_NewRef(vector);
    answer->raw = PyUnicode_InternFromString("rawPrediction");
    answer->probability = PyUnicode_InternFromString("probability");
    answer->prediction = PyUnicode_InternFromString("prediction");
    answer->features = PyUnicode_InternFromString("features");
    return answer->raw && answer->probability && answer->prediction && answer->features;
}

static void answer_clear(Answer *answer)
{
    Py_XDECREF(answer->vector);
    Py_XDECREF(answer->raw);
    Py_XDECREF(answer->probability);
    Py_XDECREF(answer->prediction);
    Py_XDECREF(answer->features);
}

static PyObject *dense_vector(const Answer *answer, const double *values, Py_ssize_t size)
{
    PyObject *tuple = PyTuple_New(size);
    for (Py_ssize_t i = 0; tuple && i < size; i++) {
        PyObject *element = PyFloat_FromDouble(values[i]);
        if (element == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, element);
    }
    PyObject *vector = tuple ? answer->vector->tp_alloc(answer->vector, 0) : NULL;
    if (vector == NULL) {
        Py_XDECREF(tuple);
        return NULL;
    }
    *(PyObject **)((char *)vector + answer->slot) = tuple;
    return vector;
}

static PyObject *classified(const Answer *answer, double raw0, double raw1, double p0, double p1, double predicted)
{
    PyObject *out = PyDict_New(), *label = PyFloat_FromDouble(predicted);
    PyObject *raw = dense_vector(answer, (double[]){raw0, raw1}, 2);
    PyObject *probability = dense_vector(answer, (double[]){p0, p1}, 2);
    if (!out || !raw || !probability || !label || PyDict_SetItem(out, answer->raw, raw) < 0 ||
        PyDict_SetItem(out, answer->probability, probability) < 0 ||
        PyDict_SetItem(out, answer->prediction, label) < 0)
        Py_CLEAR(out);
    Py_XDECREF(raw);
    Py_XDECREF(probability);
    Py_XDECREF(label);
    return out;
}

/* Return a logistic regression's answer to a margin. */
static PyObject *logistic(const Answer *answer, double margin, double limit)
{
    double first = 1.0 / (1.0 + exp(margin));
    return classified(answer, -margin, margin, first, 1.0 - first, margin > limit ? 1.0 : 0.0);
}

/* Return a copy of a buffer of doubles, to be freed, and their count. */
static double *doubles(PyObject *source, Py_ssize_t *count)
{
    Py_buffer view;
    if (PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    double *copy = PyMem_Malloc(view.len + 8);
    if (copy != NULL) {
        memcpy(copy, view.buf, view.len);
        *count = view.len / (Py_ssize_t)sizeof(double);
    } else
        PyErr_NoMemory();
    PyBuffer_Release(&view);
    return copy;
}

/* Create the module of one class. */
static PyObject *module_of(struct PyModuleDef *definition, PyTypeObject *type, const char *name)
{
    if (PyType_Ready(type) < 0)
        return NULL;
    PyObject *module = PyModule_Create(definition);
    if (module != NULL && PyModule_AddObjectRef(module, name, (PyObject *)type) < 0)
        Py_CLEAR(module);
    return module;
}
