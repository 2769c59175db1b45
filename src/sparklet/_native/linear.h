/* Functions from segments to their dot product with weights. */

/* The kind of the vector of the segments; OWN is the kind of a single vector argument. */
enum { DENSE, SPARSE, SMALLER, OWN };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *fallback, *state;
    Segment *segments;
    Py_ssize_t count;
    int kind;
    double *weights;  /* all weights, or the active ones */
    int32_t *actives; /* the indices of the active weights, NULL for all */
    Py_ssize_t size, active_count;
    Py_ssize_t width; /* the number of results of a row: one */
    Py_ssize_t limit; /* the most non-zeros of a sparse vector */
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

/* The features of a row, on the stack while they are few. */
INLINE double *row_open(const Linear *linear, double *stack)
{
    double *x = linear->size > STACK ? PyMem_RawMalloc(linear->size * sizeof(double)) : stack;
    if (x)
        memset(x, 0, linear->size * sizeof(double));
    return x;
}

INLINE void row_close(double *x, const double *stack)
{
    if (x != stack)
        PyMem_RawFree(x);
}

/* Compute the dot product of the non-zeros in the kind of Spark's vector; return 0 without memory. */
static int linear_result(const Linear *linear, const Actives *found, double *result)
{
    if (linear->kind != SMALLER || found->count <= linear->limit) {
        *result = linear_sparse(linear, found);
        return 1;
    }
    double stack[STACK], *x = row_open(linear, stack);
    if (!x)
        return 0;
    for (Py_ssize_t k = 0; k < found->count; k++)
        x[found->places[k]] = found->values[k];
    *result = linear_dense(linear, x);
    row_close(x, stack);
    return 1;
}

INLINE Py_ssize_t vector_size(const Linear *linear, const Segment *segment)
{
    return segment->size < 0 ? linear->size - segment->start : segment->size;
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

/* Write all segments to x; return 0 for an argument outside the fast path. */
static int linear_fill(const Linear *linear, PyObject *const *arguments, double *x)
{
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Segment *segment = &linear->segments[i];
        PyObject *argument = arguments[i];
        if (segment->kind == SCALAR) {
            if (!PyFloat_CheckExact(argument))
                return 0;
            x[segment->start] = PyFloat_AS_DOUBLE(argument);
        } else if (segment->kind == ONEHOT) {
            Py_ssize_t index;
            if (!onehot_index(argument, segment->size, &index))
                return 0;
            if (index >= 0)
                x[segment->start + index] = 1.0;
        } else {
            Vector vector;
            if (!vector_open(PyModule_GetState(linear->state), argument, &vector))
                return 0;
            int good =
                vector.size == vector_size(linear, segment) && vector_fill(&vector, x + segment->start);
            vector_close(&vector);
            if (!good)
                return 0;
        }
    }
    return 1;
}

/* Add the elements of a vector argument; return 0 for an argument outside the fast path. */
static int vector_add(const Linear *linear, const Segment *segment, PyObject *argument, Actives *found)
{
    Vector vector;
    if (!vector_open(PyModule_GetState(linear->state), argument, &vector))
        return 0;
    int good = vector.size == vector_size(linear, segment) && actives_grow(found, vector.count);
    for (Py_ssize_t k = 0; good && k < vector.count; k++) {
        Py_ssize_t place;
        double value;
        good = vector_element(&vector, k, &place, &value);
        /* Zeros that a single vector stores are added; an assembled vector does not store zeros. */
        if (good && (linear->kind == OWN || value != 0.0))
            actives_add(found, segment->start + place, value);
    }
    vector_close(&vector);
    return good;
}

/* Add the non-zeros of all segments; return 0 for an argument outside the fast path. */
static int linear_gather(const Linear *linear, PyObject *const *arguments, Actives *found)
{
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Segment *segment = &linear->segments[i];
        PyObject *argument = arguments[i];
        if (segment->kind == VECTOR) {
            if (!vector_add(linear, segment, argument, found))
                return 0;
            continue;
        }
        if (!actives_grow(found, 1))
            return 0;
        if (segment->kind == SCALAR) {
            if (!PyFloat_CheckExact(argument))
                return 0;
            if (PyFloat_AS_DOUBLE(argument) != 0.0)
                actives_add(found, segment->start, PyFloat_AS_DOUBLE(argument));
        } else {
            Py_ssize_t index;
            if (!onehot_index(argument, segment->size, &index))
                return 0;
            if (index >= 0)
                actives_add(found, segment->start + index, 1.0);
        }
    }
    return 1;
}

static PyObject *linear_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Linear *linear = (Linear *)self;
    const State *state = PyModule_GetState(linear->state);
    double result = 0.0;
    int good = PyVectorcall_NARGS(flags) == linear->count && !(names && PyTuple_GET_SIZE(names));
    if (!good) {
        ;
    } else if (linear->kind == DENSE ||
               (linear->kind == OWN && (PyObject *)Py_TYPE(arguments[0]) == state->dense)) {
        double stack[STACK], *x = row_open(linear, stack);
        good = x && linear_fill(linear, arguments, x);
        if (good)
            result = linear_dense(linear, x);
        row_close(x, stack);
    } else {
        Actives found;
        actives_init(&found);
        good = linear_gather(linear, arguments, &found) && linear_result(linear, &found, &result);
        actives_close(&found);
    }
    return good ? PyFloat_FromDouble(result) : PyObject_Vectorcall(linear->fallback, arguments, flags, names);
}

static void linear_fill_row(const Linear *linear, const Column *columns, Py_ssize_t row, double *x)
{
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Column *column = &columns[i];
        const Segment *segment = &linear->segments[i];
        const double *data = column->data.view.buf;
        double *target = x + segment->start;
        if (segment->kind == SCALAR) {
            *target = data[row];
        } else if (segment->kind == ONEHOT) {
            Py_ssize_t index = column_index(column, row, segment->size);
            if (index >= 0)
                target[index] = 1.0;
        } else if (column->offsets.held) {
            const int64_t *offsets = column->offsets.view.buf;
            const int32_t *indices = column->indices.view.buf;
            for (int64_t k = offsets[row]; k < offsets[row + 1]; k++)
                target[indices[k]] = data[k];
        } else {
            memcpy(target, data + row * column->size, column->size * sizeof(double));
        }
    }
}

static int linear_gather_row(const Linear *linear, const Column *columns, Py_ssize_t row, Actives *found)
{
    found->count = 0;
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Column *column = &columns[i];
        const Segment *segment = &linear->segments[i];
        const double *data = column->data.view.buf;
        int64_t first = row, last = row + 1;
        if (column->offsets.held) {
            first = ((const int64_t *)column->offsets.view.buf)[row];
            last = ((const int64_t *)column->offsets.view.buf)[row + 1];
        } else if (segment->kind == VECTOR) {
            first = row * column->size;
            last = first + column->size;
        }
        if (!actives_grow(found, (Py_ssize_t)(last - first)))
            return 0;
        if (segment->kind == ONEHOT) {
            Py_ssize_t index = column_index(column, row, segment->size);
            if (index >= 0)
                actives_add(found, segment->start + index, 1.0);
            continue;
        }
        const int32_t *indices = column->offsets.held ? column->indices.view.buf : NULL;
        for (int64_t k = first; k < last; k++)
            if (data[k] != 0.0)
                actives_add(found, segment->start + (indices ? indices[k] : (Py_ssize_t)(k - first)),
                            data[k]);
    }
    return 1;
}

/* Score the rows from `start` to `stop`; return 0 without memory. */
static int linear_rows(const Linear *linear, const Column *columns, double *out, Py_ssize_t start,
                       Py_ssize_t stop)
{
    int good = 1;
    if (linear->kind == DENSE) {
        double stack[STACK], *x = row_open(linear, stack);
        if (!x)
            return 0;
        for (Py_ssize_t row = start; row < stop; row++) {
            memset(x, 0, linear->size * sizeof(double));
            linear_fill_row(linear, columns, row, x);
            out[row] = linear_dense(linear, x);
        }
        row_close(x, stack);
        return 1;
    }
    Actives found;
    actives_init(&found);
    for (Py_ssize_t row = start; good && row < stop; row++)
        good = linear_gather_row(linear, columns, row, &found) && linear_result(linear, &found, &out[row]);
    actives_close(&found);
    return good;
}

static PyObject *linear_batch(PyObject *self, PyObject *arguments)
{
    const Linear *linear = (Linear *)self;
    Buffer out;
    Py_ssize_t start, stop;
    if (linear->kind == OWN) {
        PyErr_SetString(PyExc_TypeError, "a batch needs vectors of one kind");
        return NULL;
    }
    Column *columns = batch_open(arguments, linear->segments, linear->count, 1, &out, &start, &stop);
    int good = columns != NULL;
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        good = linear_rows(linear, columns, out.view.buf, start, stop);
        Py_END_ALLOW_THREADS
        if (!good)
            PyErr_NoMemory();
        columns_close(columns, linear->count);
    }
    buffer_close(&out);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
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
    PyMem_Free(linear->segments);
    PyMem_Free(linear->weights);
    PyMem_Free(linear->actives);
    type->tp_free(self);
    Py_DECREF(type);
}
