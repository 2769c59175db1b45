/* The floor: each pipeline written by hand in C, called from Python with a dict, giving a dict.

   It checks what sparklet checks (every key there; a float, int, str or None where one belongs), computes in
   Spark's order of summation, and returns the same types: floats and DenseVector objects. Nothing in it is
   general: the input's layout, the imputer, the scaler and the encoders are those of the benchmark's table. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <structmember.h>

#define MAX_COLUMNS 64
#define MAX_FEATURES 1024
#define GROUP 8

typedef struct {
    double threshold; /* NaN in a leaf: no value is at most NaN, so a leaf leads to child + 1, itself */
    int32_t feature;
    int32_t child; /* where the value is at most the threshold; else child + 1 */
} Node;

typedef struct {
    PyObject_HEAD
    PyObject *vector_type, *names, *indices; /* DenseVector; keys, numbers first; dicts label -> index */
    Py_ssize_t slot;                         /* where a DenseVector keeps its tuple */
    PyObject *raw, *probability, *prediction;
    int numbers, categories, labels;
    double surrogates[MAX_COLUMNS], means[MAX_COLUMNS], factors[MAX_COLUMNS];
    int kind; /* 0 linear, 1 boosted trees, 2 random forest */
    double intercept, limit;
    double *weights; /* of features, or of trees */
    int trees, depth;
    Node *nodes;
    int32_t *roots;
    double *leaves; /* by node: a prediction, or two shares of a vote */
} Floor;

static double number(PyObject *value, double surrogate, int *bad)
{
    if (PyFloat_CheckExact(value)) {
        double x = PyFloat_AS_DOUBLE(value);
        return x != x ? surrogate : x;
    }
    if (value == Py_None)
        return surrogate;
    if (PyBool_Check(value) || !(PyLong_Check(value) || PyFloat_Check(value))) {
        PyErr_SetString(PyExc_TypeError, "expected a number");
        *bad = 1;
        return 0.0;
    }
    double x = PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred())
        *bad = 1;
    return x != x ? surrogate : x;
}

/* The row as scaled (or plain) numbers and one index for each category; 0 where something is wrong. */
static int read_row(Floor *self, PyObject *row, double *x, int *hot, int scaled)
{
    if (!PyDict_Check(row)) {
        PyErr_SetString(PyExc_TypeError, "expected a dict");
        return 0;
    }
    int bad = 0;
    for (int i = 0; i < self->numbers + self->categories; i++) {
        PyObject *key = PyTuple_GET_ITEM(self->names, i);
        PyObject *value = PyDict_GetItemWithError(row, key);
        if (value == NULL) {
            if (!PyErr_Occurred())
                PyErr_SetObject(PyExc_KeyError, key);
            return 0;
        }
        if (i < self->numbers) {
            double v = number(value, self->surrogates[i], &bad);
            x[i] = scaled ? (v - self->means[i]) * self->factors[i] : v;
        } else {
            int c = i - self->numbers;
            hot[c] = self->labels;
            if (PyUnicode_CheckExact(value)) {
                PyObject *found = PyDict_GetItemWithError(PyTuple_GET_ITEM(self->indices, c), value);
                if (found != NULL)
                    hot[c] = (int)PyLong_AsLong(found);
                else if (PyErr_Occurred())
                    return 0;
            } else if (value != Py_None) {
                PyErr_SetString(PyExc_TypeError, "expected a string");
                return 0;
            }
        }
    }
    return !bad;
}

static PyObject *vector(Floor *self, double first, double second)
{
    PyObject *a = PyFloat_FromDouble(first), *b = PyFloat_FromDouble(second), *pair = PyTuple_New(2);
    PyTypeObject *type = (PyTypeObject *)self->vector_type;
    PyObject *made = a && b && pair ? type->tp_alloc(type, 0) : NULL;
    if (made == NULL) {
        Py_XDECREF(a);
        Py_XDECREF(b);
        Py_XDECREF(pair);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, a);
    PyTuple_SET_ITEM(pair, 1, b);
    *(PyObject **)((char *)made + self->slot) = pair;
    return made;
}

static PyObject *answer(Floor *self, double raw0, double raw1, double p0, double p1, double predicted)
{
    PyObject *out = PyDict_New(), *raw = vector(self, raw0, raw1), *p = vector(self, p0, p1);
    PyObject *label = PyFloat_FromDouble(predicted);
    if (!out || !raw || !p || !label || PyDict_SetItem(out, self->raw, raw) < 0 ||
        PyDict_SetItem(out, self->probability, p) < 0 || PyDict_SetItem(out, self->prediction, label) < 0)
        Py_CLEAR(out);
    Py_XDECREF(raw);
    Py_XDECREF(p);
    Py_XDECREF(label);
    return out;
}

/* GROUP trees take each step together, so that the processor waits for several nodes at once. */
static void walk(Floor *self, const double *x, int first, int32_t *at)
{
    int count = self->trees - first < GROUP ? self->trees - first : GROUP;
    for (int k = 0; k < count; k++)
        at[k] = self->roots[first + k];
    if (count < GROUP) {
        for (int k = 0; k < count; k++)
            for (int d = 0; d < self->depth; d++)
                at[k] = self->nodes[at[k]].child + !(x[self->nodes[at[k]].feature] <= self->nodes[at[k]].threshold);
        return;
    }
    for (int d = 0; d < self->depth; d++)
        for (int k = 0; k < GROUP; k++) {
            const Node *node = self->nodes + at[k];
            at[k] = node->child + !(x[node->feature] <= node->threshold);
        }
}

static double margin(Floor *self, const double *x)
{
    /* ddot of Java11BLAS: four fused accumulators, added in order, then what is left. */
    double lanes[4] = {0.0, 0.0, 0.0, 0.0};
    int whole = self->trees / 4 * 4;
    double values[GROUP], total = 0.0;
    int32_t at[GROUP];
    int rest_from = 0;
    double rest[3];
    for (int first = 0; first < self->trees; first += GROUP) {
        walk(self, x, first, at);
        for (int k = 0; k < GROUP && first + k < self->trees; k++) {
            values[k] = self->leaves[at[k]];
            if (first + k < whole)
                lanes[k & 3] = fma(values[k], self->weights[first + k], lanes[k & 3]);
            else
                rest[rest_from++] = values[k];
        }
    }
    if (whole)
        total = 0.0 + lanes[0] + lanes[1] + lanes[2] + lanes[3];
    for (int k = 0; k < rest_from; k++)
        total = fma(rest[k], self->weights[whole + k], total);
    return total;
}

static PyObject *score(PyObject *object, PyObject *row)
{
    Floor *self = (Floor *)object;
    double x[MAX_FEATURES];
    int hot[MAX_COLUMNS];
    if (!read_row(self, row, x, hot, 1))
        return NULL;
    if (self->kind == 0) {
        double total = 0.0;
        for (int i = 0; i < self->numbers; i++)
            if (x[i] != 0.0)
                total += x[i] * self->weights[i];
        for (int c = 0; c < self->categories; c++)
            total += 1.0 * self->weights[self->numbers + c * (self->labels + 1) + hot[c]];
        double m = total + self->intercept;
        double first = 1.0 / (1.0 + exp(m));
        return answer(self, -m, m, first, 1.0 - first, m > self->limit ? 1.0 : 0.0);
    }
    memset(x + self->numbers, 0, sizeof(double) * self->categories * (self->labels + 1));
    for (int c = 0; c < self->categories; c++)
        x[self->numbers + c * (self->labels + 1) + hot[c]] = 1.0;
    if (self->kind == 1) {
        double m = margin(self, x);
        double first = 1.0 / (1.0 + exp(2.0 * m));
        return answer(self, -m, m, first, 1.0 - first, m > 0.0 ? 1.0 : 0.0);
    }
    double votes[2] = {0.0, 0.0};
    int32_t at[GROUP];
    for (int tree = 0; tree < self->trees; tree += GROUP) {
        walk(self, x, tree, at);
        for (int k = 0; k < GROUP && tree + k < self->trees; k++) {
            votes[0] += self->leaves[2 * at[k]];
            votes[1] += self->leaves[2 * at[k] + 1];
        }
    }
    double all = 0.0 + votes[0] + votes[1];
    return answer(self, votes[0], votes[1], votes[0] / all, votes[1] / all, votes[1] > votes[0] ? 1.0 : 0.0);
}

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

static int fill(PyObject *source, double *target, int count)
{
    Py_ssize_t found = 0;
    double *copy = doubles(source, &found);
    if (copy == NULL)
        return 0;
    if (found == count)
        memcpy(target, copy, sizeof(double) * count);
    else
        PyErr_SetString(PyExc_ValueError, "one number for each numeric column");
    PyMem_Free(copy);
    return found == count;
}

/* Floor(DenseVector, names, indices, surrogates, means, factors, kind, weights, intercept, limit,
         nodes, roots, leaves, depth): the last eight are arrays of bytes or numbers, see floor.py. */
static PyObject *create(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *vector_type, *names, *indices, *surrogates, *means, *factors, *weights, *leaves;
    Py_buffer nodes, roots;
    int kind, depth, labels;
    double intercept, limit;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OO!O!iOOOiOddy*y*Oi", &vector_type, &PyTuple_Type, &names, &PyTuple_Type, &indices,
                          &labels, &surrogates, &means, &factors, &kind, &weights, &intercept, &limit, &nodes, &roots,
                          &leaves, &depth))
        return NULL;
    Floor *self = (Floor *)type->tp_alloc(type, 0);
    PyObject *member = self ? PyObject_GetAttrString(vector_type, "values") : NULL;
    Py_ssize_t count;
    if (member == NULL || !Py_IS_TYPE(member, &PyMemberDescr_Type)) {
        PyErr_SetString(PyExc_TypeError, "a DenseVector keeps its values in a slot");
        goto fail;
    }
    self->slot = ((PyMemberDescrObject *)member)->d_member->offset;
    self->vector_type = Py_NewRef(vector_type);
    self->names = Py_NewRef(names);
    self->indices = Py_NewRef(indices);
    self->categories = (int)PyTuple_GET_SIZE(indices);
    self->numbers = (int)PyTuple_GET_SIZE(names) - self->categories;
    self->labels = labels;
    self->raw = PyUnicode_InternFromString("rawPrediction");
    self->probability = PyUnicode_InternFromString("probability");
    self->prediction = PyUnicode_InternFromString("prediction");
    if (PyTuple_GET_SIZE(names) > MAX_COLUMNS || self->numbers + self->categories * (labels + 1) > MAX_FEATURES) {
        PyErr_SetString(PyExc_ValueError, "the floor has no room for so many columns");
        goto fail;
    }
    if (!fill(surrogates, self->surrogates, self->numbers) || !fill(means, self->means, self->numbers) ||
        !fill(factors, self->factors, self->numbers))
        goto fail;
    self->kind = kind;
    self->intercept = intercept;
    self->limit = limit;
    self->depth = depth;
    self->trees = (int)(roots.len / (Py_ssize_t)sizeof(int32_t));
    if ((self->weights = doubles(weights, &count)) == NULL || (self->leaves = doubles(leaves, &count)) == NULL)
        goto fail;
    self->nodes = PyMem_Malloc(nodes.len + 8);
    self->roots = PyMem_Malloc(roots.len + 8);
    if (self->nodes == NULL || self->roots == NULL) {
        PyErr_NoMemory();
        goto fail;
    }
    memcpy(self->nodes, nodes.buf, nodes.len);
    memcpy(self->roots, roots.buf, roots.len);
    Py_DECREF(member);
    PyBuffer_Release(&nodes);
    PyBuffer_Release(&roots);
    return (PyObject *)self;
fail:
    Py_XDECREF(member);
    Py_XDECREF(self);
    PyBuffer_Release(&nodes);
    PyBuffer_Release(&roots);
    return NULL;
}

static void destroy(PyObject *object)
{
    Floor *self = (Floor *)object;
    Py_XDECREF(self->vector_type);
    Py_XDECREF(self->names);
    Py_XDECREF(self->indices);
    Py_XDECREF(self->raw);
    Py_XDECREF(self->probability);
    Py_XDECREF(self->prediction);
    PyMem_Free(self->weights);
    PyMem_Free(self->leaves);
    PyMem_Free(self->nodes);
    PyMem_Free(self->roots);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {{"score", score, METH_O, "Score one row."}, {NULL, NULL, 0, NULL}};

static PyTypeObject floor_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.Floor",
    .tp_basicsize = sizeof(Floor),
    .tp_dealloc = destroy,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
    .tp_new = create,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "floor", .m_size = -1};

PyMODINIT_FUNC PyInit_floor(void)
{
    if (PyType_Ready(&floor_type) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddObjectRef(made, "Floor", (PyObject *)&floor_type) < 0)
        Py_CLEAR(made);
    return made;
}
