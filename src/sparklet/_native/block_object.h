/* Programs for a batch as objects of Python. */

static void block_columns_close(BlockColumn *columns, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; columns && i < count; i++) {
        buffer_close(&columns[i].values);
        buffer_close(&columns[i].valid);
    }
    PyMem_Free(columns);
}

/* Return the format of a buffer's numbers as a letter that has one size on every platform, 0 for other items. */
static char block_format(const Py_buffer *view)
{
    char format = view->format && !view->format[1] ? *view->format : 0;
    if (format == 'l')
        format = view->itemsize == 8 ? 'q' : 'i';
    return format && strchr("dfqihb?", format) ? format : 0;
}

/* Open the values and the validity of a column; `width` is the number of doubles of a row, 0 for an input. */
static int block_column_open(BlockColumn *column, PyObject *values, PyObject *valid, Py_ssize_t count, int32_t width)
{
    const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (width ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(values, &column->values.view, flags) < 0)
        return -1;
    column->values.held = 1;
    column->format = block_format(&column->values.view);
    int good = column->format && (!width || strchr("d?", column->format)) &&
               buffer_items(&column->values) == count * (width ? width : 1);
    if (good && valid != Py_None) {
        if (PyObject_GetBuffer(valid, &column->valid.view, flags) < 0)
            return -1;
        column->valid.held = 1;
        good = block_format(&column->valid.view) == '?' && buffer_items(&column->valid) == count && width < 2;
    }
    if (good)
        return 0;
    PyErr_SetString(PyExc_ValueError, "a column of the batch does not fit the program");
    return -1;
}

/* Open a tuple of values and validities in turn; `widths` is NULL for inputs. */
static BlockColumn *block_columns_open(PyObject *objects, Py_ssize_t columns, Py_ssize_t count, const int32_t *widths)
{
    if (PyTuple_GET_SIZE(objects) != 2 * columns) {
        PyErr_Format(PyExc_TypeError, "expected values and validity of %zd columns", columns);
        return NULL;
    }
    BlockColumn *opened = PyMem_Calloc(columns ? columns : 1, sizeof(BlockColumn));
    if (!opened)
        return (BlockColumn *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < columns; i++)
        if (block_column_open(&opened[i], PyTuple_GET_ITEM(objects, 2 * i), PyTuple_GET_ITEM(objects, 2 * i + 1),
                              count, widths ? widths[i] : 0) < 0) {
            block_columns_close(opened, columns);
            return NULL;
        }
    return opened;
}

/* Run the blocks with registers of their own, so that any number of threads may call; -1 with an error set. */
static int block_score(Block *block, Py_ssize_t count)
{
    const BlockProgram *program = block->program;
    const Py_ssize_t doubles = program->registers * program->rows + program->scratch;
    block->memory = PyMem_RawMalloc((doubles + 1) * sizeof(double));
    block->at = PyMem_RawCalloc(program->registers + 1, sizeof(double *));
    int status = BLOCK_NO_MEMORY;
    if (block->memory && block->at) {
        block->scratch = block->memory + program->registers * program->rows;
        status = block_run_all(block, count);
    }
    PyMem_RawFree(block->memory);
    PyMem_RawFree(block->at);
    if (status == BLOCK_NO_MEMORY)
        PyErr_NoMemory();
    return status == BLOCK_WELL ? 0 : -1;
}

PyDoc_STRVAR(block_program_run_doc,
             "run(inputs, outputs, failed, dropped, /)\n--\n\n"
             "Compute the outputs of all rows and mark the rows that fail or are dropped. `inputs` and `outputs` have\n"
             "the values of a column and a mask of those that are not null, or None, in turn.");

static PyObject *block_program_run(PyObject *self, PyObject *arguments)
{
    Block block = {.program = (BlockProgram *)self};
    PyObject *inputs, *outputs, *failed, *dropped;
    BlockColumn marks[2] = {{.format = 0}};
    if (!PyArg_ParseTuple(arguments, "O!O!OO", &PyTuple_Type, &inputs, &PyTuple_Type, &outputs, &failed, &dropped))
        return NULL;
    Py_ssize_t count = PyObject_Length(failed);
    int status = count < 0 || block_column_open(&marks[0], failed, Py_None, count, 1) < 0 ||
                         block_column_open(&marks[1], dropped, Py_None, count, 1) < 0
                     ? -1
                     : 0;
    if (status == 0 && (marks[0].format != '?' || marks[1].format != '?')) {
        PyErr_SetString(PyExc_TypeError, "the marks of rows are booleans");
        status = -1;
    }
    if (status == 0) {
        block.failed = marks[0].values.view.buf;
        block.dropped = marks[1].values.view.buf;
        block.inputs = block_columns_open(inputs, block.program->inputs, count, NULL);
        block.outputs = block.inputs ? block_columns_open(outputs, block.program->outputs, count, block.program->widths)
                                     : NULL;
        status = block.outputs ? block_score(&block, count) : -1;
        block_columns_close(block.inputs, block.program->inputs);
        block_columns_close(block.outputs, block.program->outputs);
    }
    buffer_close(&marks[0].values);
    buffer_close(&marks[1].values);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

static int block_program_traverse(PyObject *self, visitproc visit, void *arg)
{
    BlockProgram *program = (BlockProgram *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(program->module);
    Py_VISIT(program->constants);
    Py_VISIT(program->dropped);
    return 0;
}

static void block_program_dealloc(PyObject *self)
{
    BlockProgram *program = (BlockProgram *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(program->module);
    Py_XDECREF(program->constants);
    Py_XDECREF(program->dropped);
    PyMem_Free(program->code);
    PyMem_Free(program->widths);
    PyMem_Free(program->tables);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef block_program_methods[] = {
    {"run", block_program_run, METH_VARARGS, block_program_run_doc},
    {NULL},
};

static PyType_Slot block_program_slots[] = {
    {Py_tp_dealloc, block_program_dealloc},
    {Py_tp_traverse, block_program_traverse},
    {Py_tp_methods, block_program_methods},
    {0, NULL},
};
static PyType_Spec block_program_spec = {
    .name = "sparklet._native._core.BlockProgram",
    .basicsize = sizeof(BlockProgram),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = block_program_slots,
};

PyDoc_STRVAR(block_program_doc,
             "block_program(code, tables, constants, widths, dropped, sizes, /)\n--\n\n"
             "Return the program that scores blocks of rows, with the code of `codegen/blocks.py`. `widths` has the\n"
             "number of values of a row in each output, `sizes` the numbers of inputs, of registers, of doubles of\n"
             "scratch memory and of rows of a block, and the start of the instructions.");

static PyObject *native_block_program(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyTypeObject *type = (PyTypeObject *)state->block_program_type;
    PyObject *code, *tables, *constants, *widths, *dropped;
    Py_ssize_t inputs, registers, scratch, rows, entry, items = 0;
    if (!PyArg_ParseTuple(arguments, "OOO!OO(nnnnn)", &code, &tables, &PyTuple_Type, &constants, &widths, &dropped,
                          &inputs, &registers, &scratch, &rows, &entry))
        return NULL;
    BlockProgram *program = (BlockProgram *)type->tp_alloc(type, 0);
    if (!program)
        return NULL;
    program->module = Py_NewRef(module);
    program->constants = Py_NewRef(constants);
    program->dropped = Py_NewRef(dropped);
    program->inputs = inputs;
    program->registers = registers;
    program->scratch = scratch;
    program->rows = rows;
    program->entry = entry;
    Buffer buffer = {.held = 0};
    int good = (program->code = copied_ints(code, &items)) && items &&
               (program->widths = copied_ints(widths, &program->outputs)) && open_doubles(&buffer, tables) == 0 &&
               (program->tables = copied(&buffer));
    buffer_close(&buffer);
    if (good && inputs >= 0 && registers >= 0 && scratch >= 0 && rows > 0)
        return (PyObject *)program;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the parts of a program do not fit together");
    Py_DECREF(program);
    return NULL;
}
