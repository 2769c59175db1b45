/* Score many rows: from columns to a buffer of doubles. */

/* A segment of many rows: doubles, indices, a dense matrix, or a sparse matrix by rows. */
typedef struct {
    Buffer data, indices, offsets;
    int whole;       /* the bytes of an integer in `data`: 4 or 8, or 0 for doubles */
    Py_ssize_t size; /* of a dense vector */
} Column;

static void columns_close(Column *columns, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; columns && i < count; i++) {
        buffer_close(&columns[i].data);
        buffer_close(&columns[i].indices);
        buffer_close(&columns[i].offsets);
    }
    PyMem_Free(columns);
}

/* Check that reading a sparse matrix by rows is safe. */
static int check_sparse(const Column *column, Py_ssize_t rows, Py_ssize_t size)
{
    const int64_t *offsets = column->offsets.view.buf;
    const int32_t *indices = column->indices.view.buf;
    Py_ssize_t count = buffer_items(&column->indices);
    int good = buffer_items(&column->data) == count && buffer_items(&column->offsets) == rows + 1 &&
               offsets[0] >= 0 && offsets[rows] <= count;
    if (!good)
        return 0;
    for (Py_ssize_t row = 0; good && row < rows; row++)
        good = offsets[row] <= offsets[row + 1];
    for (int64_t k = offsets[0]; good && k < offsets[rows]; k++)
        good = indices[k] >= 0 && indices[k] < size;
    return good;
}

static int column_open(Column *column, PyObject *object, const Segment *segment, Py_ssize_t rows)
{
    if (segment->kind == VECTOR && PyTuple_Check(object)) {
        PyObject *offsets, *indices, *values;
        if (!PyArg_ParseTuple(object, "OOO", &offsets, &indices, &values) ||
            open_longs(&column->offsets, offsets) < 0 || open_ints(&column->indices, indices) < 0 ||
            open_doubles(&column->data, values) < 0)
            return -1;
        if (segment->size >= 0 && check_sparse(column, rows, segment->size))
            return 0;
        PyErr_SetString(PyExc_ValueError, "a column is no sparse matrix of the segment's size");
        return -1;
    }
    if (segment->kind == ONEHOT && PyObject_CheckBuffer(object)) {
        if (open_ints(&column->data, object) == 0) {
            column->whole = 4;
        } else {
            PyErr_Clear();
            buffer_close(&column->data);
            if (open_longs(&column->data, object) == 0) {
                column->whole = 8;
            } else {
                PyErr_Clear();
                buffer_close(&column->data);
            }
        }
    }
    if (!column->data.held && open_doubles(&column->data, object) < 0)
        return -1;
    Py_ssize_t width = 1;
    if (segment->kind == VECTOR)
        column->size = width = segment->size;
    if (width < 0 || (width && buffer_items(&column->data) / width != rows) ||
        buffer_items(&column->data) != rows * width) {
        PyErr_Format(PyExc_ValueError, "a column has %zd numbers for %zd rows", buffer_items(&column->data),
                     rows);
        return -1;
    }
    return 0;
}

static Column *columns_open(PyObject *objects, const Segment *segments, Py_ssize_t count, Py_ssize_t rows)
{
    if (!PyTuple_Check(objects) || PyTuple_GET_SIZE(objects) != count) {
        PyErr_Format(PyExc_TypeError, "expected a tuple of %zd columns", count);
        return NULL;
    }
    Column *columns = PyMem_Calloc(count ? count : 1, sizeof(Column));
    if (!columns)
        return (Column *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++)
        if (column_open(&columns[i], PyTuple_GET_ITEM(objects, i), &segments[i], rows) < 0) {
            columns_close(columns, count);
            return NULL;
        }
    return columns;
}

INLINE Py_ssize_t column_index(const Column *column, Py_ssize_t row, Py_ssize_t size)
{
    if (!column->whole) {
        double value = ((const double *)column->data.view.buf)[row];
        return value >= 0.0 && value < (double)size ? (Py_ssize_t)value : -1;
    }
    int64_t index = column->whole == 4 ? ((const int32_t *)column->data.view.buf)[row]
                                       : ((const int64_t *)column->data.view.buf)[row];
    return index >= 0 && index < size ? (Py_ssize_t)index : -1;
}

static void trees_read_row(const Trees *trees, const Column *columns, Py_ssize_t row, double *x)
{
    memcpy(x, trees->forest->blank, trees->forest->width * sizeof(double));
    for (Py_ssize_t i = 0; i < trees->count; i++) {
        const Column *column = &columns[i];
        const Segment *segment = &trees->segments[i];
        const double *data = column->data.view.buf;
        int32_t first = trees->slots[2 * i], last = trees->slots[2 * i + 1];
        if (first == last)
            continue;
        if (segment->kind == SCALAR) {
            put(trees->forest, x, first, data[row]);
        } else if (segment->kind == ONEHOT) {
            Py_ssize_t index = column_index(column, row, segment->size);
            Py_ssize_t slot = index < 0 ? -1 : trees_slot(trees, i, index);
            if (slot >= 0)
                put(trees->forest, x, slot, 1.0);
        } else if (column->offsets.held) {
            const int64_t *offsets = column->offsets.view.buf;
            const int32_t *indices = column->indices.view.buf;
            for (int64_t k = offsets[row]; k < offsets[row + 1]; k++) {
                Py_ssize_t slot = trees_slot(trees, i, indices[k]);
                if (slot >= 0)
                    put(trees->forest, x, slot, data[k]);
            }
        } else {
            for (Py_ssize_t slot = first; slot < last; slot++)
                put(trees->forest, x, slot,
                    data[row * column->size + trees->forest->features[slot] - segment->start]);
        }
    }
}

/* Return the number of results of a row. */
static Py_ssize_t trees_width(const Trees *trees)
{
    if (trees->output == LEAVES || trees->output == EACH)
        return trees->forest->trees;
    return trees->output == ROW || trees->output == VOTES ? trees->columns : 1;
}

/* Score the rows from `start` to `stop`. A group of trees scores a block of rows before the next group, so that
 * a forest larger than the processor's cache is fetched once for each block, not for each row. */
static int trees_rows(const Trees *trees, const Column *columns, double *out, Py_ssize_t start, Py_ssize_t stop)
{
    const Forest *forest = trees->forest;
    Py_ssize_t inputs = forest->width, leaves = forest->groups * LANES, width = trees->width;
    Py_ssize_t block = 32768 / (inputs + leaves);
    block = block < 1 ? 1 : block > 64 ? 64 : block;
    double *x = PyMem_RawMalloc(block * (inputs + leaves) * sizeof(double));
    if (!x)
        return -1;
    double *values = x + block * inputs;
    for (Py_ssize_t first = start; first < stop; first += block) {
        Py_ssize_t count = stop - first < block ? stop - first : block;
        for (Py_ssize_t row = 0; row < count; row++)
            trees_read_row(trees, columns, first + row, x + row * inputs);
        for (Py_ssize_t group = 0; group < forest->groups; group++)
            for (Py_ssize_t row = 0; row < count; row++)
                group_values(forest, group, x + row * inputs, values + row * leaves + group * LANES);
        for (Py_ssize_t row = 0; row < count; row++) {
            double *target = out + (first + row) * width;
            if (trees->output == LEAVES || trees->output == EACH)
                memcpy(target, values + row * leaves, width * sizeof(double));
            else if (trees->output == ROW || trees->output == VOTES)
                trees_row(trees, values + row * leaves, target);
            else
                *target = trees_number(trees, values + row * leaves);
        }
    }
    PyMem_RawFree(x);
    return 0;
}

/* Parse (columns, out, start, stop) of a batch; the size of `out` determines the number of rows. */
static Column *batch_open(PyObject *arguments, const Segment *segments, Py_ssize_t count, Py_ssize_t width,
                          Buffer *out, Py_ssize_t *start, Py_ssize_t *stop)
{
    PyObject *objects, *target, *end = Py_None;
    *start = 0;
    out->held = 0;
    if (!PyArg_ParseTuple(arguments, "OO|nO", &objects, &target, start, &end) ||
        buffer_open(out, target, "d", 8, PyBUF_WRITABLE) < 0)
        return NULL;
    Py_ssize_t rows = buffer_items(out) / width;
    *stop = end == Py_None ? rows : PyLong_AsSsize_t(end);
    if (PyErr_Occurred())
        return NULL;
    if (rows * width != buffer_items(out) || *start < 0 || *start > *stop || *stop > rows) {
        PyErr_Format(PyExc_ValueError, "%zd numbers of output are no rows of %zd, or have no rows %zd to %zd",
                     buffer_items(out), width, *start, *stop);
        return NULL;
    }
    return columns_open(objects, segments, count, rows);
}

/* Return whether the last segment contains all features that splits test in it. */
static int reaches(const Trees *trees)
{
    Py_ssize_t last = trees->count - 1;
    if (last < 0 || trees->slots[2 * last] == trees->slots[2 * last + 1])
        return 1;
    const Segment *segment = &trees->segments[last];
    return trees->forest->features[trees->slots[2 * last + 1] - 1] - segment->start < segment->size;
}

static PyObject *trees_batch(PyObject *self, PyObject *arguments)
{
    const Trees *trees = (Trees *)self;
    Buffer out;
    Py_ssize_t start, stop;
    Column *columns =
        batch_open(arguments, trees->segments, trees->count, trees->width, &out, &start, &stop);
    int status = -1;
    if (columns && !reaches(trees)) {
        PyErr_SetString(PyExc_ValueError, "a split tests a feature that no segment has");
        columns_close(columns, trees->count);
        columns = NULL;
    }
    if (columns) {
        Py_BEGIN_ALLOW_THREADS
        status = trees_rows(trees, columns, out.view.buf, start, stop);
        Py_END_ALLOW_THREADS
        if (status < 0)
            PyErr_NoMemory();
        columns_close(columns, trees->count);
    }
    buffer_close(&out);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(exps_doc, "exps(x, out, /)\n--\n\nWrite exp of each of the doubles `x` to `out`, without the GIL.");

static PyObject *native_exps(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    Buffer from, to = {0};
    if (given != 2) {
        PyErr_SetString(PyExc_TypeError, "exps takes 2 arguments");
        return NULL;
    }
    int good = open_doubles(&from, arguments[0]) == 0 &&
               buffer_open(&to, arguments[1], "d", 8, PyBUF_WRITABLE) == 0;
    if (good && buffer_items(&from) != buffer_items(&to)) {
        PyErr_SetString(PyExc_ValueError, "x and out differ in length");
        good = 0;
    }
    if (good) {
        const double *x = from.view.buf;
        double *out = to.view.buf;
        Py_ssize_t count = buffer_items(&from);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < count; i++)
            out[i] = exp(x[i]);
        Py_END_ALLOW_THREADS
    }
    buffer_close(&from);
    buffer_close(&to);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}
