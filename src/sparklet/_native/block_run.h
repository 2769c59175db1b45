/* Run a program on the blocks of a batch: columns in, Python calls for few rows, columns out. */

/* --- columns --- */

#define LOADED_AS(format, type)                                                                                \
    case format:                                                                                               \
        for (int32_t i = 0; i < n; i++)                                                                        \
            to[i] = (double)((const type *)column->values.view.buf)[block->first + i];                         \
        break;

/* [LOAD, to, input]. A register points into a column of doubles without null. */
static void block_load(const Block *block, const int32_t *code)
{
    const BlockColumn *column = &block->inputs[code[2]];
    const uint8_t *valid = column->valid.held ? (const uint8_t *)column->valid.view.buf + block->first : NULL;
    const int32_t n = block->rows;
    double *to = block_target(block, code[1]);
    switch (column->format) {
    case 'd': {
        const double *x = (const double *)column->values.view.buf + block->first;
        int nulls = valid != NULL;
        for (int32_t i = 0; i < n; i++)
            nulls |= is_null(x[i]);
        if (!nulls) {
            block->at[code[1]] = x;
            return;
        }
        for (int32_t i = 0; i < n; i++)
            to[i] = not_null(x[i]);
        break;
    }
    LOADED_AS('f', float)
    LOADED_AS('q', int64_t)
    LOADED_AS('i', int32_t)
    LOADED_AS('h', int16_t)
    LOADED_AS('b', int8_t)
    default: /* booleans, whose bytes are 0 or 1 */
        for (int32_t i = 0; i < n; i++)
            to[i] = ((const uint8_t *)column->values.view.buf)[block->first + i] ? 1.0 : 0.0;
    }
    if (column->format == 'f')
        for (int32_t i = 0; i < n; i++)
            to[i] = not_null(to[i]);
    for (int32_t i = 0; valid && i < n; i++)
        to[i] = valid[i] ? to[i] : null_double();
}

#define GROUP 8 /* the most elements of a STORE: a line of the cache */

/* [STORE, output, width, first, n, from...]: a column, or n elements from `first` on of vectors of `width` elements.
 * A column has numbers with or without null, or booleans. */
static void block_store(const Block *block, const int32_t *code)
{
    const BlockColumn *column = &block->outputs[code[1]];
    const int32_t width = code[2], n = code[4], rows = block->rows;
    const double *x[GROUP];
    for (int32_t k = 0; k < n; k++)
        x[k] = block_operand(block, code[5 + k], block->scratch);
    if (column->format == '?') {
        uint8_t *to = (uint8_t *)column->values.view.buf + block->first;
        for (int32_t i = 0; i < rows; i++)
            to[i] = x[0][i] != 0.0;
        return;
    }
    double *to = (double *)column->values.view.buf + block->first * width + code[3];
    if (width == 1)
        memcpy(to, x[0], rows * sizeof(double));
    else
        for (int32_t i = 0; i < rows; i++, to += width)
            for (int32_t k = 0; k < n; k++)
                to[k] = x[k][i];
    uint8_t *valid = column->valid.held ? (uint8_t *)column->valid.view.buf + block->first : NULL;
    for (int32_t i = 0; valid && i < rows; i++)
        valid[i] = !is_null(x[0][i]);
}

/* [STORE_VECTOR, output, vector]: dense vectors with one-hot segments */
static void block_store_vector(const Block *block, const int32_t *code)
{
    const BlockShape *shape = (const BlockShape *)(code + 2);
    double *to = (double *)block->outputs[code[1]].values.view.buf + block->first * shape->size;
    memset(to, 0, block->rows * (Py_ssize_t)shape->size * sizeof(double));
    for (int32_t k = 0; k < shape->count; k++) {
        const Term *segment = &shape->segments[k];
        for (int32_t i = 0; i < block->rows; i++) {
            Py_ssize_t index = segment->kind == SCALAR ? 0 : block_hot_index(block, segment, i);
            if (index >= 0)
                to[(Py_ssize_t)i * shape->size + index] = segment->kind == SCALAR
                                                              ? block->at[segment->value][i]
                                                              : block_hot_value(block, segment, index);
        }
        to += segment->size;
    }
}

/* --- rows that need Python --- */

/* Return an argument of a call as a new reference, NULL without memory. */
static PyObject *block_argument(const Block *block, int32_t word, Py_ssize_t row)
{
    if (word < 0)
        return Py_NewRef(PyTuple_GET_ITEM(block->program->constants, ~word));
    if (word >= BOXED_TEST)
        return PyBool_FromLong(block->at[word - BOXED_TEST][row] != 0.0);
    double x = block->at[word - BOXED_DOUBLE][row];
    return is_null(x) ? Py_NewRef(Py_None) : PyFloat_FromDouble(x);
}

/* Call the function of a row and write its double to `to`, unless that is NULL; mark the row as failed or dropped
 * when there is none. Return -1 with an error set for an exception that must propagate. */
static int block_call(const Block *block, const Callee *callee, Py_ssize_t row, double *to)
{
    const BlockProgram *program = block->program;
    PyObject *arguments = PyTuple_New(callee->count), *result = NULL;
    for (int32_t k = 0; arguments && k < callee->count; k++) {
        PyObject *argument = block_argument(block, callee->arguments[k], row);
        if (!argument)
            Py_CLEAR(arguments);
        else
            PyTuple_SET_ITEM(arguments, k, argument);
    }
    if (arguments)
        result = PyObject_Call(PyTuple_GET_ITEM(program->constants, callee->target), arguments, NULL);
    Py_XDECREF(arguments);
    if (!result && !PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    int drops = !result && callee->certain && PyErr_ExceptionMatches(program->dropped);
    int good = result && (!to || unboxed(result, to));
    PyErr_Clear();
    Py_XDECREF(result);
    if (!good)
        (drops ? block->dropped : block->failed)[block->first + row] = 1;
    return 0;
}

/* Call the function of each row that is not refused and whose test equals `when`. */
static int block_calls(Block *block, const Callee *callee, const double *test, double when, double *to)
{
    const uint8_t *failed = block->failed + block->first, *dropped = block->dropped + block->first;
    int status = 0;
    PyEval_RestoreThread(block->thread);
    for (int32_t i = 0; status == 0 && i < block->rows; i++)
        if (test[i] == when && !failed[i] && !dropped[i])
            status = block_call(block, callee, i, to ? &to[i] : NULL);
    block->thread = PyEval_SaveThread();
    return status;
}

/* [GUARD, test, whether a function decides, callee]; return -1 with an error set */
static int block_guard(Block *block, const int32_t *code)
{
    const double *test = block_operand(block, code[1], block->scratch);
    double any = 0.0;
    for (int32_t i = 0; i < block->rows; i++)
        any += test[i];
    if (any == 0.0)
        return 0;
    if (code[2])
        return block_calls(block, (const Callee *)(code + 3), test, 1.0, NULL);
    for (int32_t i = 0; i < block->rows; i++)
        block->failed[block->first + i] |= test[i] != 0.0 && !block->dropped[block->first + i];
    return 0;
}

/* [OTHERWISE, to, test, value, callee]; return -1 with an error set */
static int block_otherwise(Block *block, const int32_t *code)
{
    const double *test = block_operand(block, code[2], block->scratch);
    const double *value = block_operand(block, code[3], block->scratch + block->rows);
    double *to = block_target(block, code[1]);
    double all = 1.0;
    for (int32_t i = 0; i < block->rows; i++) {
        to[i] = value[i];
        all *= test[i];
    }
    return all != 0.0 ? 0 : block_calls(block, (const Callee *)(code + 4), test, 0.0, to);
}

/* --- all instructions --- */

enum { BLOCK_WELL, BLOCK_RAISED, BLOCK_NO_MEMORY };

/* Run the instructions for the current block. */
INLINE int block_run(Block *block)
{
    for (const int32_t *code = block->program->code + block->program->entry;; code += *code >> 8) {
        switch (*code & 0xff) {
        case OP_END:
            return BLOCK_WELL;
        case OP_LOAD:
            block_load(block, code);
            break;
        case OP_STORE:
            block_store(block, code);
            break;
        case OP_STORE_VECTOR:
            block_store_vector(block, code);
            break;
        case OP_BUCKET:
            block_bucket(block, code);
            break;
        case OP_IS_SPARSE:
            block_is_sparse(block, code);
            break;
        case OP_DOT_TERMS:
            block_dot_terms(block, code);
            break;
        case OP_DOT_BEGIN:
            block_dot_begin(block, code);
            break;
        case OP_DOT_ADD:
            block_dot_add(block, code);
            break;
        case OP_DOT_END:
            block_dot_end(block, code);
            break;
        case OP_DOT:
            if (!block_dot(block, code))
                return BLOCK_NO_MEMORY;
            break;
        case OP_PRODUCT:
            if (!block_product(block, code))
                return BLOCK_NO_MEMORY;
            break;
        case OP_TREES:
            block_trees(block, code);
            break;
        case OP_SOFTMAX:
        case OP_FLOAT_SOFTMAX:
        case OP_FLOAT_EXPIT:
        case OP_FLOAT_SIGMOID:
        case OP_FLOAT_EXP:
        case OP_NORMALIZE:
        case OP_ARGMAX:
            block_function(block, code);
            break;
        case OP_GUARD:
            if (block_guard(block, code) < 0)
                return BLOCK_RAISED;
            break;
        case OP_OTHERWISE:
            if (block_otherwise(block, code) < 0)
                return BLOCK_RAISED;
            break;
        default:
            block_run_lanes(block, code);
        }
    }
}

static int block_run_plain(Block *block)
{
    return block_run(block);
}

#ifdef X86_FMA
/* The same loops with wider registers of the processor. */
__attribute__((target("avx2,fma"))) static int block_run_wide(Block *block)
{
    return block_run(block);
}
#endif

/* Run all blocks of a batch without the GIL. */
static int block_run_all(Block *block, Py_ssize_t count)
{
    int (*run_block)(Block *) = block_run_plain;
#ifdef X86_FMA
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        run_block = block_run_wide;
#endif
    int status = BLOCK_WELL;
    block->thread = PyEval_SaveThread();
    for (Py_ssize_t first = 0; status == BLOCK_WELL && first < count; first += block->program->rows) {
        block->first = first;
        block->rows = (int32_t)(count - first < block->program->rows ? count - first : block->program->rows);
        status = run_block(block);
    }
    PyEval_RestoreThread(block->thread);
    return status;
}
