/* Functions from segments to the output of a forest. */

/* How a function combines the values of the leaves. */
enum { LEAVES, EACH, FIRST, SUM, MEAN, ROW, VOTES, MARGINS, WEIGHTED, REBASED, SUMS, OUTPUTS };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Forest *forest;
    PyObject *fallback, *state; /* the state's module, for the classes of vectors */
    Segment *segments;
    Py_ssize_t count;
    int32_t *slots; /* the start and end of the slots of each segment's features */
    int32_t **maps; /* from a segment's feature to its slot, -1 for none; NULL if too long */
    int output;
    double *table; /* weights of trees, rows of leaves, or what `trees_margins` adds */
    Py_ssize_t columns;
    Py_ssize_t width; /* the number of results of a row */
    Py_ssize_t scratch;
    Order order;
    Dot dot;
    double zero;
} Trees;

#define LONGEST_MAP (1 << 20)

INLINE Py_ssize_t trees_slot(const Trees *trees, Py_ssize_t segment, Py_ssize_t index)
{
    const int32_t *map = trees->maps[segment];
    if (map) {
        Py_ssize_t last = trees->slots[2 * segment + 1];
        Py_ssize_t span = trees->forest->features[last - 1] - trees->segments[segment].start;
        return index <= span ? map[index] : -1;
    }
    return slot_of(trees->forest, trees->segments[segment].start + index, trees->slots[2 * segment]);
}

/* Return whether a segment's vector may have any size: the last segment may, and an only segment. */
INLINE int is_open(const Trees *trees, const Segment *segment)
{
    return segment->size < 0 || (trees->count == 1 && segment->kind == VECTOR && !segment->start);
}

/* Return how many elements of a sparse vector are read: in a forest of doubles with views, as many of the first
 * ones as are not zero, see `stages/lightgbm/sparse.py`. Return -1 for an element outside the fast path. */
static Py_ssize_t read_elements(const Forest *forest, const Vector *vector)
{
    Py_ssize_t count = vector->count;
    if (!forest->has_views || forest->floats)
        return count;
    for (Py_ssize_t k = 0; k < vector->count; k++) {
        Py_ssize_t index;
        double value;
        if (!vector_element(vector, k, &index, &value))
            return -1;
        count -= value == 0.0;
    }
    return count;
}

/* Fill the slots of a vector argument; return 0 for an argument outside the fast path. */
static int trees_vector(const Trees *trees, Py_ssize_t i, PyObject *argument, double *x)
{
    const State *state = PyModule_GetState(trees->state);
    const Segment *segment = &trees->segments[i];
    const int32_t *features = trees->forest->features;
    Py_ssize_t first = trees->slots[2 * i], last = trees->slots[2 * i + 1];
    Vector vector;
    if (!vector_open(state, argument, &vector))
        return 0;
    /* A vector that is the only segment may have any size that includes all tested features. */
    int good = is_open(trees, segment) || vector.size == segment->size;
    good = good && (first == last || features[last - 1] - segment->start < vector.size);
    if (good && !vector.indices) {
        for (Py_ssize_t slot = first; good && slot < last; slot++) {
            PyObject *element = PyTuple_GET_ITEM(vector.values, features[slot] - segment->start);
            good = PyFloat_CheckExact(element);
            if (good)
                put(trees->forest, x, slot, of_dense(trees->forest, PyFloat_AS_DOUBLE(element)));
        }
    } else if (good && first < last) {
        Py_ssize_t count = read_elements(trees->forest, &vector);
        good = count >= 0;
        for (Py_ssize_t k = 0; good && k < count; k++) {
            Py_ssize_t index;
            double value;
            good = vector_element(&vector, k, &index, &value);
            Py_ssize_t slot = good ? trees_slot(trees, i, index) : -1;
            if (slot >= 0)
                put(trees->forest, x, slot, value);
        }
    }
    vector_close(&vector);
    return good;
}

INLINE int trees_read(const Trees *trees, PyObject *const *arguments, double *x)
{
    memcpy(x, trees->forest->blank, trees->forest->width * sizeof(double));
    for (Py_ssize_t i = 0; i < trees->count; i++) {
        PyObject *argument = arguments[i];
        int32_t first = trees->slots[2 * i];
        if (first == trees->slots[2 * i + 1] && trees->segments[i].kind != VECTOR)
            continue;
        if (trees->segments[i].kind == SCALAR) {
            if (!PyFloat_CheckExact(argument))
                return 0;
            put(trees->forest, x, first, of_dense(trees->forest, PyFloat_AS_DOUBLE(argument)));
        } else if (trees->segments[i].kind == ONEHOT) {
            Py_ssize_t index;
            if (!onehot_index(argument, trees->segments[i].size, &index))
                return 0;
            Py_ssize_t slot = index < 0 ? -1 : trees_slot(trees, i, index);
            if (slot >= 0)
                put(trees->forest, x, slot, 1.0);
        } else if (!trees_vector(trees, i, argument, x)) {
            return 0;
        }
    }
    return 1;
}

/* Return the combination of the leaves' values that is one number. */
INLINE double trees_number(const Trees *trees, const double *values)
{
    if (trees->output == FIRST)
        return values[0];
    if (trees->output == SUM)
        return trees->dot(values, trees->table, trees->forest->trees, trees->order);
    double total = trees->zero;
    for (Py_ssize_t i = 0; i < trees->forest->trees; i++)
        total += values[i];
    return total / (double)trees->forest->trees;
}

/* Add the leaves' values to the margins of their groups in float, in the order of trees, as XGBoost does.
 *
 * The table holds the first value of each margin, the group of each tree and, unless all are 1, its weight. Until
 * 3.3, XGBoost computed the weighted value of a tree from the margin after the tree and before it (REBASED). */
INLINE void trees_margins(const Trees *trees, const double *values, double *row)
{
    Py_ssize_t count = trees->forest->trees;
    const double *start = trees->table, *group = start + trees->columns, *weights = group + count;
    for (Py_ssize_t k = 0; k < trees->columns; k++)
        row[k] = start[k];
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t k = (Py_ssize_t)group[i];
        float value = (float)values[i], base = (float)start[k];
        if (trees->output == REBASED)
            value = (base + value) - base;
        if (trees->output != MARGINS)
            value *= (float)weights[i];
        row[k] = (float)row[k] + value;
    }
}

/* Add the leaves' values to the sums of their groups, in the order of trees; the table is that of `trees_margins`. */
INLINE void trees_sums(const Trees *trees, const double *values, double *row)
{
    const double *group = trees->table + trees->columns;
    memcpy(row, trees->table, trees->columns * sizeof(double));
    for (Py_ssize_t i = 0; i < trees->forest->trees; i++)
        row[(Py_ssize_t)group[i]] += values[i];
}

/* Write the combination of the leaves' values that is a row of `columns` numbers. */
INLINE void trees_row(const Trees *trees, const double *values, double *row)
{
    Py_ssize_t columns = trees->columns;
    if (trees->output == SUMS) {
        trees_sums(trees, values, row);
        return;
    }
    if (trees->output >= MARGINS) {
        trees_margins(trees, values, row);
        return;
    }
    if (trees->output == ROW) {
        memcpy(row, trees->table + (Py_ssize_t)values[0] * columns, columns * sizeof(double));
        return;
    }
    for (Py_ssize_t k = 0; k < columns; k++)
        row[k] = 0.0;
    for (Py_ssize_t i = 0; i < trees->forest->trees; i++) {
        const double *share = trees->table + (Py_ssize_t)values[i] * columns;
        for (Py_ssize_t k = 0; k < columns; k++)
            row[k] += share[k];
    }
}

static PyObject *tuple_of(const double *values, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyObject *item = PyFloat_FromDouble(values[i]);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

static PyObject *tuple_of_ints(const double *values, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyObject *item = PyLong_FromSsize_t((Py_ssize_t)values[i]);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

/* Return the number of results of a row. */
static Py_ssize_t trees_width(const Trees *trees)
{
    if (trees->output == LEAVES || trees->output == EACH)
        return trees->forest->trees;
    return trees->output >= ROW ? trees->columns : 1;
}

/* The doubles that a row needs: the slots, the leaves' values and the output's row. */
INLINE Py_ssize_t trees_scratch(const Trees *trees)
{
    return trees->forest->width + trees->forest->groups * LANES + trees->columns;
}

static PyObject *trees_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    Trees *trees = (Trees *)self;
    const Forest *forest = trees->forest;
    if (PyVectorcall_NARGS(flags) != trees->count || (names && PyTuple_GET_SIZE(names)))
        return PyObject_Vectorcall(trees->fallback, arguments, flags, names);
    double stack[STACK], *scratch = stack;
    Py_ssize_t needed = trees_scratch(trees);
    if (needed > STACK && !(scratch = PyMem_Malloc(needed * sizeof(double))))
        return PyErr_NoMemory();
    double *values = scratch + forest->width, *row = values + forest->groups * LANES;
    PyObject *result;
    if (!trees_read(trees, arguments, scratch)) {
        result = PyObject_Vectorcall(trees->fallback, arguments, flags, names);
    } else {
        for (Py_ssize_t group = 0; group < forest->groups; group++)
            group_values(forest, group, scratch, values + group * LANES);
        switch (trees->output) {
        case LEAVES:
            result = tuple_of_ints(values, forest->trees);
            break;
        case EACH:
            result = tuple_of(values, forest->trees);
            break;
        case FIRST:
        case SUM:
        case MEAN:
            result = PyFloat_FromDouble(trees_number(trees, values));
            break;
        default:
            trees_row(trees, values, row);
            result = tuple_of(row, trees->columns);
        }
    }
    if (scratch != stack)
        PyMem_Free(scratch);
    return result;
}

/* Create the slots and maps of a forest's segments. */
static int trees_map(Trees *trees)
{
    const Forest *forest = trees->forest;
    trees->slots = PyMem_Calloc(2 * trees->count + 1, sizeof(int32_t));
    trees->maps = PyMem_Calloc(trees->count + 1, sizeof(int32_t *));
    if (!trees->slots || !trees->maps)
        return -1;
    Py_ssize_t slot = 0;
    for (Py_ssize_t i = 0; i < trees->count; i++) {
        const Segment *segment = &trees->segments[i];
        while (slot < forest->slots && forest->features[slot] < segment->start)
            slot++;
        Py_ssize_t first = slot;
        while (slot < forest->slots &&
               (is_open(trees, segment) || forest->features[slot] - segment->start < segment->size))
            slot++;
        trees->slots[2 * i] = (int32_t)first;
        trees->slots[2 * i + 1] = (int32_t)slot;
        if (first == slot || segment->kind == SCALAR)
            continue;
        Py_ssize_t span = forest->features[slot - 1] - segment->start + 1;
        if (span > LONGEST_MAP)
            continue;
        int32_t *map = trees->maps[i] = PyMem_Malloc(span * sizeof(int32_t));
        if (!map)
            return -1;
        memset(map, -1, span * sizeof(int32_t));
        for (Py_ssize_t k = first; k < slot; k++)
            map[forest->features[k] - segment->start] = (int32_t)k;
    }
    return 0;
}

static int trees_traverse(PyObject *self, visitproc visit, void *arg)
{
    Trees *trees = (Trees *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(trees->forest);
    Py_VISIT(trees->fallback);
    Py_VISIT(trees->state);
    return 0;
}

static int trees_clear(PyObject *self)
{
    Py_CLEAR(((Trees *)self)->fallback);
    return 0;
}

static void trees_dealloc(PyObject *self)
{
    Trees *trees = (Trees *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(trees->forest);
    Py_XDECREF(trees->fallback);
    Py_XDECREF(trees->state);
    if (trees->maps)
        for (Py_ssize_t i = 0; i < trees->count; i++)
            PyMem_Free(trees->maps[i]);
    PyMem_Free(trees->maps);
    PyMem_Free(trees->slots);
    PyMem_Free(trees->segments);
    PyMem_Free(trees->table);
    type->tp_free(self);
    Py_DECREF(type);
}
