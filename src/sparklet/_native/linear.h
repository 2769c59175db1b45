/* Functions from a vector to its dot product with weights. */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *fallback, *state;
    double *weights;  /* all weights, or the active ones */
    int32_t *actives; /* the indices of the active weights, NULL for all */
    Py_ssize_t size, active_count;
    Order order;
    Dot dot;
} Linear;

#define ACTIVES 256

/* The elements of a vector, on the stack while they are few. */
typedef struct {
    Py_ssize_t *places, count, room;
    double *values;
    Py_ssize_t stack_places[ACTIVES];
    double stack_values[ACTIVES];
} Actives;

static void actives_init(Actives *actives)
{
    actives->places = actives->stack_places;
    actives->values = actives->stack_values;
    actives->count = 0;
    actives->room = ACTIVES;
}

static void actives_close(Actives *actives)
{
    if (actives->places != actives->stack_places) {
        PyMem_RawFree(actives->places);
        PyMem_RawFree(actives->values);
    }
}

/* Reserve memory for `more` elements; return 0 without memory. */
static int actives_grow(Actives *actives, Py_ssize_t more)
{
    if (more <= actives->room - actives->count)
        return 1;
    Py_ssize_t room = 2 * (actives->count + more);
    Py_ssize_t *places = PyMem_RawMalloc(room * sizeof(Py_ssize_t));
    double *values = PyMem_RawMalloc(room * sizeof(double));
    if (!places || !values) {
        PyMem_RawFree(places);
        PyMem_RawFree(values);
        return 0;
    }
    memcpy(places, actives->places, actives->count * sizeof(Py_ssize_t));
    memcpy(values, actives->values, actives->count * sizeof(double));
    actives_close(actives);
    actives->places = places;
    actives->values = values;
    actives->room = room;
    return 1;
}

INLINE void actives_add(Actives *actives, Py_ssize_t place, double value)
{
    actives->places[actives->count] = place;
    actives->values[actives->count++] = value;
}

/* Return the position of an index among the active weights from `*low` on, or -1. */
INLINE Py_ssize_t active_weight(const Linear *linear, Py_ssize_t index, Py_ssize_t *low)
{
    Py_ssize_t high = linear->active_count;
    while (*low < high) {
        Py_ssize_t middle = *low + (high - *low) / 2;
        if (linear->actives[middle] < index)
            *low = middle + 1;
        else
            high = middle;
    }
    return *low < linear->active_count && linear->actives[*low] == index ? *low : -1;
}

static double linear_sparse(const Linear *linear, const Actives *found)
{
    double total = 0.0;
    Py_ssize_t low = 0;
    if (!linear->actives) {
        for (Py_ssize_t k = 0; k < found->count; k++)
            total += found->values[k] * linear->weights[found->places[k]];
        return total;
    }
    for (Py_ssize_t k = 0; k < found->count; k++) {
        Py_ssize_t place = active_weight(linear, found->places[k], &low);
        if (place >= 0)
            total += found->values[k] * linear->weights[place];
    }
    return total;
}

static double linear_dense(const Linear *linear, const double *x)
{
    if (!linear->actives)
        return linear->dot(x, linear->weights, linear->size, linear->order);
    double total = 0.0;
    for (Py_ssize_t k = 0; k < linear->active_count; k++)
        total += linear->weights[k] * x[linear->actives[k]];
    return total;
}

/* Write a vector's elements to x; return 0 for an argument outside the fast path. */
static int vector_fill(const Vector *vector, double *x)
{
    for (Py_ssize_t k = 0; k < vector->count; k++) {
        Py_ssize_t place;
        double value;
        if (!vector_element(vector, k, &place, &value))
            return 0;
        x[place] = value;
    }
    return 1;
}

/* Add the stored elements of a sparse vector; return 0 for an argument outside the fast path. */
static int vector_add(const Vector *vector, Actives *found)
{
    int good = actives_grow(found, vector->count);
    for (Py_ssize_t k = 0; good && k < vector->count; k++) {
        Py_ssize_t place;
        double value;
        good = vector_element(vector, k, &place, &value);
        if (good)
            actives_add(found, place, value);
    }
    return good;
}

/* Compute the dot product of a vector; return 0 for an argument outside the fast path. */
static int linear_vector(const Linear *linear, const Vector *vector, double *result)
{
    int good = vector->size == linear->size;
    if (vector->indices) {
        Actives found;
        actives_init(&found);
        good = good && vector_add(vector, &found);
        if (good)
            *result = linear_sparse(linear, &found);
        actives_close(&found);
        return good;
    }
    double stack[STACK], *x = stack;
    if (good && linear->size > STACK)
        good = (x = PyMem_RawMalloc(linear->size * sizeof(double))) != NULL;
    good = good && vector_fill(vector, x);
    if (good)
        *result = linear_dense(linear, x);
    if (x != stack)
        PyMem_RawFree(x);
    return good;
}

static PyObject *linear_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Linear *linear = (Linear *)self;
    double result = 0.0;
    int good = PyVectorcall_NARGS(flags) == 1 && !(names && PyTuple_GET_SIZE(names));
    Vector vector;
    if (good && (good = vector_open(PyModule_GetState(linear->state), arguments[0], &vector))) {
        good = linear_vector(linear, &vector, &result);
        vector_close(&vector);
    }
    return good ? PyFloat_FromDouble(result) : PyObject_Vectorcall(linear->fallback, arguments, flags, names);
}

static int linear_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Linear *)self)->fallback);
    Py_VISIT(((Linear *)self)->state);
    return 0;
}

static int linear_clear(PyObject *self)
{
    Py_CLEAR(((Linear *)self)->fallback);
    return 0;
}

static void linear_dealloc(PyObject *self)
{
    Linear *linear = (Linear *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(linear->fallback);
    Py_XDECREF(linear->state);
    PyMem_Free(linear->weights);
    PyMem_Free(linear->actives);
    type->tp_free(self);
    Py_DECREF(type);
}
