/* The floor of the flagships: each pipeline written by hand in C, called from Python with a dict, giving a dict.

   It checks what sparklet checks (every key there; a float, int, str or None where one belongs), computes in
   Spark's order of summation, and returns the same types: floats and DenseVector objects. Nothing in it is
   general: the input's layout, the imputer, the scaler and the encoders are those of the benchmark's table. */

#include "values.h"

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
    Answer answer;
    PyObject *names, *indices; /* keys, numbers first; dicts label -> index */
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

/* The row as scaled (or plain) numbers and one index for each category; 0 where something is wrong. */
static int read_row(Floor *self, PyObject *row, double *x, int *hot, int scaled)
{
    if (!PyDict_Check(row)) {
        PyErr_SetString(PyExc_TypeError, "expected a dict");
        return 0;
    }
    int bad = 0, count = self->numbers + self->categories;
    Py_ssize_t at = 0;
    for (int k = 0; k < count; k++) {
        int i = (self->numbers + k) % count; /* the table's rows have categories first */
        PyObject *value = value_of(row, PyTuple_GET_ITEM(self->names, i), &at);
        if (value == NULL)
            return 0;
        if (i < self->numbers) {
            double v = number(value, &bad);
            v = v != v ? self->surrogates[i] : v;
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
        return logistic(&self->answer, total + self->intercept, self->limit);
    }
    memset(x + self->numbers, 0, sizeof(double) * self->categories * (self->labels + 1));
    for (int c = 0; c < self->categories; c++)
        x[self->numbers + c * (self->labels + 1) + hot[c]] = 1.0;
    if (self->kind == 1) {
        double m = margin(self, x);
        double first = 1.0 / (1.0 + exp(2.0 * m));
        return classified(&self->answer, -m, m, first, 1.0 - first, m > 0.0 ? 1.0 : 0.0);
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
    double label = votes[1] > votes[0] ? 1.0 : 0.0;
    return classified(&self->answer, votes[0], votes[1], votes[0] / all, votes[1] / all, label);
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
    Py_ssize_t count;
    if (self == NULL || !answer_init(&self->answer, vector_type))
        goto fail;
    self->names = Py_NewRef(names);
    self->indices = Py_NewRef(indices);
    self->categories = (int)PyTuple_GET_SIZE(indices);
    self->numbers = (int)PyTuple_GET_SIZE(names) - self->categories;
    self->labels = labels;
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
    PyBuffer_Release(&nodes);
    PyBuffer_Release(&roots);
    return (PyObject *)self;
fail:
    Py_XDECREF(self);
    PyBuffer_Release(&nodes);
    PyBuffer_Release(&roots);
    return NULL;
}

static void destroy(PyObject *object)
{
    Floor *self = (Floor *)object;
    answer_clear(&self->answer);
    Py_XDECREF(self->names);
    Py_XDECREF(self->indices);
    PyMem_Free(self->weights);
    PyMem_Free(self->leaves);
    PyMem_Free(self->nodes);
    PyMem_Free(self->roots);
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef methods[] = {{"score", score, METH_O, "Score one row."}, {NULL, NULL, 0, NULL}};

static PyTypeObject floor_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor_flagship.Floor",
    .tp_basicsize = sizeof(Floor),
    .tp_dealloc = destroy,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
    .tp_new = create,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "floor_flagship", .m_size = -1};

PyMODINIT_FUNC PyInit_floor_flagship(void) { return module_of(&module, &floor_type, "Floor"); }
