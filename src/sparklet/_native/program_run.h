/* Programs as callables. */

/* Read doubles, numbers or tests from object registers. */
static int run_unbox(Frame *frame, int opcode, const int32_t *code)
{
    double *to = frame->registers + code[2];
    for (int32_t i = 0; i < code[1]; i++) {
        PyObject *object = frame->objects[code[3 + i]];
        if (opcode == OP_IS_NONE) {
            to[i] = object == Py_None ? 1.0 : 0.0;
        } else if (opcode == OP_TRUE) {
            int truth = PyObject_IsTrue(object);
            if (truth < 0)
                return FAILED;
            to[i] = truth;
        } else if (!unboxed(object, &to[i])) {
            if (opcode == OP_UNBOX)
                return FAILED;
            PyObject *number = PyNumber_Float(object);
            if (!number)
                return FAILED;
            to[i] = not_null(PyFloat_AS_DOUBLE(number));
            Py_DECREF(number);
        }
    }
    return WELL;
}

/* Read elements of dense vectors that are objects. */
static int run_element(const Program *program, Frame *frame, const int32_t *code)
{
    const Kept *kept = kept_of(program);
    for (int32_t i = 0; i < code[1]; i++) {
        PyObject *vector = frame->objects[code[3 + 2 * i]];
        PyObject *values = (PyObject *)Py_TYPE(vector) == kept->state.dense ? slot_of_object(vector, kept->values_at) : NULL;
        int32_t index = code[4 + 2 * i];
        if (!values || !PyTuple_CheckExact(values) || index >= PyTuple_GET_SIZE(values) ||
            !PyFloat_CheckExact(PyTuple_GET_ITEM(values, index)))
            return FAILED;
        frame->registers[code[2] + i] = not_null(PyFloat_AS_DOUBLE(PyTuple_GET_ITEM(values, index)));
    }
    return WELL;
}

/* Choose between two objects. */
static int run_select_object(const Program *program, Frame *frame, const int32_t *code)
{
    for (int32_t i = 0; i < code[1]; i++) {
        const int32_t *lane = code + 3 + 4 * i;
        PyObject *value = argument(program, frame, frame->registers[lane[1]] != 0.0 ? lane[2] : lane[3]);
        if (!value)
            return FAILED;
        Py_XSETREF(frame->objects[lane[0]], value);
    }
    return WELL;
}

INLINE int keep(Frame *frame, int32_t place, PyObject *object)
{
    if (!object)
        return FAILED;
    Py_XSETREF(frame->objects[place], object);
    return WELL;
}

static int run_dot(const Program *program, Frame *frame, int opcode, const int32_t *code)
{
    const Linear *linear = (const Linear *)constant(program, code[3]);
    Elements elements;
    if (opcode == OP_DOT_OBJECT && frame->objects[code[4]] == Py_None) {
        frame->registers[code[2]] = null_double();
        return WELL;
    }
    int good = opcode == OP_DOT ? elements_of_shape(program, frame, (const Shape *)(code + 4), &elements)
                                : elements_of_object(program, frame->objects[code[4]], &elements);
    good = good && dot_of_elements(linear, &elements, frame->registers + code[2]);
    elements_close(&elements);
    return good ? WELL : FAILED;
}

static int run_product_of(const Program *program, Frame *frame, int opcode, const int32_t *code)
{
    const Matrix *matrix = (const Matrix *)(code + 3);
    code += MATRIX_WORDS;
    Elements elements;
    int good = opcode == OP_PRODUCT ? elements_of_shape(program, frame, (const Shape *)(code + 3), &elements)
                                    : elements_of_object(program, frame->objects[code[3]], &elements);
    Data data = {program->tables, program->code};
    good = good && run_product(&data, matrix, &elements, frame->registers + code[2 - MATRIX_WORDS]);
    elements_close(&elements);
    return good ? WELL : FAILED;
}

static int run_trees(const Program *program, Frame *frame, int opcode, const int32_t *code)
{
    const Trees *trees = (const Trees *)constant(program, code[3]);
    double *x = frame->scratch + 3 * program->lanes;
    int good = 1;
    if (opcode == OP_TREES) {
        good = trees_of_shape(program, frame, trees, (const Shape *)(code + 4), x);
    } else {
        memcpy(x, trees->forest->blank, trees->forest->width * sizeof(double));
        good = trees_vector(trees, 0, frame->objects[code[4]], x);
    }
    if (good)
        trees_answer(trees, x, x + trees->forest->width, frame->registers + code[2]);
    return good ? WELL : FAILED;
}

static int run_field(Frame *frame, const int32_t *code)
{
    for (int32_t i = 0; i < code[1]; i++) {
        const int32_t *lane = code + 3 + 3 * i;
        Py_XSETREF(frame->objects[lane[0]], Py_NewRef(PyTuple_GET_ITEM(frame->objects[lane[1]], lane[2])));
    }
    return WELL;
}

/* Create the vector of a tuple. */
static int run_dense(const Program *program, Frame *frame, const int32_t *code)
{
    PyObject *values = frame->objects[code[3]];
    return PyTuple_CheckExact(values) ? keep(frame, code[2], dense_around(kept_of(program), Py_NewRef(values))) : FAILED;
}

/* Read all doubles of a tuple. */
static int run_spread(Frame *frame, const int32_t *code)
{
    PyObject *values = frame->objects[code[3]];
    if (!PyTuple_CheckExact(values) || PyTuple_GET_SIZE(values) != code[1])
        return FAILED;
    for (int32_t i = 0; i < code[1]; i++) {
        if (!PyFloat_CheckExact(PyTuple_GET_ITEM(values, i)))
            return FAILED;
        frame->registers[code[2] + i] = not_null(PyFloat_AS_DOUBLE(PyTuple_GET_ITEM(values, i)));
    }
    return WELL;
}

/* Require a size of an object that is not null or, when `n` is 1, of segments. */
static int run_size(const Program *program, Frame *frame, const int32_t *code)
{
    Py_ssize_t size;
    int sparse;
    if (!code[1])
        return frame->objects[code[4]] == Py_None || has_size(kept_of(program), frame->objects[code[4]], code[3])
                   ? WELL
                   : FAILED;
    return shape_decide(program, frame, (const Shape *)(code + 4), &size, &sparse) && size == code[3] ? WELL : FAILED;
}

static int run_one_hot(const Program *program, Frame *frame, const int32_t *code)
{
    double index = frame->registers[code[3]];
    Py_ssize_t place = index >= 0.0 && index < (double)code[4] ? (Py_ssize_t)index : code[4];
    return keep(frame, code[2], Py_NewRef(PyTuple_GET_ITEM(constant(program, code[5]), place)));
}

static int run_function(const Program *program, Frame *frame, int opcode, const int32_t *code)
{
    int32_t n = code[1];
    double *to = frame->registers + code[2];
    const double *x = operand(program, frame, code[3], n, frame->scratch);
    return function_of_elements(opcode, x, to, n) ? WELL : FAILED;
}

static int run_is_sparse(const Program *program, Frame *frame, const int32_t *code)
{
    Py_ssize_t size;
    int sparse;
    if (!shape_decide(program, frame, (const Shape *)(code + 3), &size, &sparse))
        return FAILED;
    frame->registers[code[2]] = sparse;
    return WELL;
}

/* Run the instructions. The first word of each is its opcode and, above that, its length. */
static int run(const Program *program, Frame *frame)
{
    int status = WELL;
    for (const int32_t *code = program->code + program->entry; status == WELL; code += *code >> 8) {
        int opcode = *code & 0xff;
        switch (opcode) {
        case OP_END:
            return WELL;
        case OP_BUCKET:
            run_bucket(program, frame, code);
            break;
        case OP_UNBOX:
        case OP_NUMBER:
        case OP_TRUE:
        case OP_IS_NONE:
            status = run_unbox(frame, opcode, code);
            break;
        case OP_ELEMENT:
            status = run_element(program, frame, code);
            break;
        case OP_FIELD:
            status = run_field(frame, code);
            break;
        case OP_SELECT_OBJECT:
            status = run_select_object(program, frame, code);
            break;
        case OP_VECTOR:
            status = keep(frame, code[2], object_of_shape(program, frame, (const Shape *)(code + 3)));
            break;
        case OP_TUPLE: {
            const Shape *shape = (const Shape *)(code + 3);
            status = keep(frame, code[2], tuple_of_shape(program, frame, shape, shape->size));
            break;
        }
        case OP_DENSE:
            status = run_dense(program, frame, code);
            break;
        case OP_SPREAD:
            status = run_spread(frame, code);
            break;
        case OP_ONE_HOT:
            status = run_one_hot(program, frame, code);
            break;
        case OP_IS_SPARSE:
            status = run_is_sparse(program, frame, code);
            break;
        case OP_DOT_TERMS:
            frame->registers[code[2]] = dot_terms(program, frame, (const Term *)(code + 3), code[1]);
            break;
        case OP_DOT:
        case OP_DOT_OBJECT:
            status = run_dot(program, frame, opcode, code);
            break;
        case OP_PRODUCT:
        case OP_PRODUCT_OBJECT:
            status = run_product_of(program, frame, opcode, code);
            break;
        case OP_TREES:
        case OP_TREES_OBJECT:
            status = run_trees(program, frame, opcode, code);
            break;
        case OP_MAP:
            status = keep(frame, code[2], mapped(program, frame->objects[code[3]], code[4], code[5], code + 6, code[1]));
            break;
        case OP_SOFTMAX:
        case OP_FLOAT_SOFTMAX:
        case OP_FLOAT_EXPIT:
        case OP_FLOAT_SIGMOID:
        case OP_FLOAT_EXP:
        case OP_NORMALIZE:
        case OP_ARGMAX:
            status = run_function(program, frame, opcode, code);
            break;
        case OP_SIZE:
            status = run_size(program, frame, code);
            break;
        case OP_GUARD:
            status = run_guard(program, frame, code);
            break;
        case OP_LOOKUP:
            status = run_lookup(program, frame, code);
            break;
        case OP_OTHERWISE:
            status = run_otherwise(program, frame, code);
            break;
        case OP_CALL:
            status = run_call(program, frame, code);
            break;
        default:
            run_lanes(program, frame, opcode, code);
        }
    }
    return status;
}

/* Return the outputs as a dict, NULL without memory. */
static PyObject *program_outputs(const Program *program, const Frame *frame)
{
    PyObject *result = PyDict_New();
    Py_ssize_t count = PyTuple_GET_SIZE(program->keys);
    for (Py_ssize_t i = 0; result && i < count; i++) {
        PyObject *value = argument(program, frame, program->outputs[i]);
        if (!value)
            Py_CLEAR(result);
        else if (value != program->absent && PyDict_SetItem(result, PyTuple_GET_ITEM(program->keys, i), value) < 0)
            Py_CLEAR(result);
        Py_XDECREF(value);
    }
    return result;
}

static PyObject *program_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    Program *program = (Program *)self;
    if (PyVectorcall_NARGS(flags) != 1 || (names && PyTuple_GET_SIZE(names))) {
        PyErr_SetString(PyExc_TypeError, "expected a row");
        return NULL;
    }
    Frame *frame = frame_take(program);
    if (!frame)
        return PyErr_NoMemory();
    int status = read_row(program, frame, arguments[0]);
    if (status == WELL)
        status = run(program, frame);
    PyObject *result = NULL;
    if (status == WELL && !(result = program_outputs(program, frame)))
        status = FAILED;
    if (status == FAILED)
        status = trouble(program, 0);
    frame_give(program, frame);
    if (status == DROPPED)
        Py_RETURN_NONE;
    return status == FAILED ? PyObject_CallOneArg(program->fallback, arguments[0]) : result;
}

#define PROGRAM_OBJECTS(X)                                                                                     \
    X(module) X(names) X(coercers) X(constants) X(arrange) X(fallback) X(dropped) X(absent) X(keys) X(places)

static int program_traverse(PyObject *self, visitproc visit, void *arg)
{
    Program *program = (Program *)self;
    Py_VISIT(Py_TYPE(self));
#define VISIT(member) Py_VISIT(program->member);
    PROGRAM_OBJECTS(VISIT)
#undef VISIT
    return 0;
}

static int program_clear(PyObject *self)
{
    /* Break cycles through the functions of the caller; a later call raises because None is not callable. */
    Program *program = (Program *)self;
    Py_XSETREF(program->arrange, Py_NewRef(Py_None));
    Py_XSETREF(program->fallback, Py_NewRef(Py_None));
    return 0;
}

static void program_dealloc(PyObject *self)
{
    Program *program = (Program *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
#define CLEAR(member) Py_CLEAR(program->member);
    PROGRAM_OBJECTS(CLEAR)
#undef CLEAR
    PyMem_Free(program->inputs);
    PyMem_Free(program->order);
    PyMem_Free(program->code);
    PyMem_Free(program->outputs);
    PyMem_Free(program->tables);
    for (int i = 0; i < FRAMES; i++)
        PyMem_RawFree(program->frames[i]);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef program_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Program, vectorcall), READONLY},
    {NULL},
};

static PyType_Slot program_slots_[] = {
    {Py_tp_dealloc, program_dealloc}, {Py_tp_traverse, program_traverse}, {Py_tp_clear, program_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, program_members},   {0, NULL},
};
static PyType_Spec program_spec = {
    .name = "sparklet._native._core.Program",
    .basicsize = sizeof(Program),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = program_slots_,
};

/* Copy the ints of a buffer; NULL with an error set. */
static int32_t *copied_ints(PyObject *object, Py_ssize_t *count)
{
    Buffer buffer;
    int32_t *copy = NULL;
    if (open_ints(&buffer, object) == 0) {
        *count = buffer_items(&buffer);
        copy = copied(&buffer);
    }
    buffer_close(&buffer);
    return copy;
}

/* Fill the inputs; each has a kind, the bits of an integer or the size of a vector, and two registers. */
static int program_inputs(Program *program, const int32_t *facts)
{
    program->inputs = PyMem_Calloc(program->count ? program->count : 1, sizeof(ProgramInput));
    program->order = PyMem_Calloc(program->count ? program->count : 1, sizeof(int32_t));
    program->places = PyDict_New();
    if (!program->inputs || !program->order || !program->places)
        return 0;
    for (Py_ssize_t i = 0; i < program->count; i++, facts += 4) {
        ProgramInput *input = &program->inputs[i];
        input->name = PyTuple_GET_ITEM(program->names, i);
        input->coerce = PyTuple_GET_ITEM(program->coercers, i);
        input->kind = facts[0];
        input->most = facts[1];
        if (input->kind == READ_INTEGER) {
            input->most = INT64_MAX >> (64 - facts[1]);
            input->least = -input->most - 1;
        }
        input->number = facts[2];
        input->object = facts[3];
        program->order[i] = (int32_t)i;
        PyObject *index = PyLong_FromSsize_t(i);
        int status = index ? PyDict_SetItem(program->places, input->name, index) : -1;
        Py_XDECREF(index);
        if (status < 0)
            return 0;
    }
    return 1;
}

/* Add the names of the opcodes, in order, for the code generator. */
static int add_opcodes(PyObject *module)
{
#define NAME(name) #name " "
    static const char names[] = OPCODES(NAME);
#undef NAME
    const State *state = PyModule_GetState(module);
    return PyModule_AddStringConstant(module, "OPCODES", names) < 0 ||
                   PyModule_AddObjectRef(module, "Linear", state->linear_type) < 0 ||
                   PyModule_AddObjectRef(module, "Trees", state->trees_type) < 0
               ? -1
               : 0;
}

PyDoc_STRVAR(program_doc,
             "program(names, facts, coercers, arrange, fallback, dropped, absent, constants, tables, code, keys,\n"
             "outputs, sizes, /)\n--\n\n"
             "Return the function from a row to its outputs, with the code of `codegen/program.py`. It calls\n"
             "`fallback` for a row that it cannot score.");

static PyObject *native_program(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyTypeObject *type = (PyTypeObject *)state->program_type;
    PyObject *names, *facts, *coercers, *arrange, *fallback, *dropped, *absent, *constants, *tables, *code, *keys;
    PyObject *outputs;
    Py_ssize_t registers, lanes, features, objects, entry;
    if (!PyArg_ParseTuple(arguments, "O!OO!OOOOO!OOO!O(nnnnn)", &PyTuple_Type, &names, &facts, &PyTuple_Type, &coercers,
                          &arrange, &fallback, &dropped, &absent, &PyTuple_Type, &constants, &tables, &code,
                          &PyTuple_Type, &keys, &outputs, &registers, &lanes, &features, &objects, &entry))
        return NULL;
    Program *program = (Program *)type->tp_alloc(type, 0);
    if (!program)
        return NULL;
    program->vectorcall = program_call;
    program->module = Py_NewRef(module);
    program->names = Py_NewRef(names);
    program->coercers = Py_NewRef(coercers);
    program->constants = Py_NewRef(constants);
    program->arrange = Py_NewRef(arrange);
    program->fallback = Py_NewRef(fallback);
    program->dropped = Py_NewRef(dropped);
    program->absent = absent == Py_None ? NULL : Py_NewRef(absent);
    program->keys = Py_NewRef(keys);
    program->count = PyTuple_GET_SIZE(names);
    program->registers = registers;
    program->lanes = lanes;
    program->features = features;
    program->objects = objects;
    program->entry = entry;
    Py_ssize_t items = 0, places = 0;
    int32_t *input_facts = copied_ints(facts, &items);
    int good = input_facts && items == 4 * program->count && PyTuple_GET_SIZE(coercers) == program->count &&
               program_inputs(program, input_facts);
    PyMem_Free(input_facts);
    good = good && (program->code = copied_ints(code, &items)) && (program->outputs = copied_ints(outputs, &places));
    Buffer buffer;
    if (good && (good = open_doubles(&buffer, tables) == 0)) {
        program->tables = copied(&buffer);
        good = program->tables != NULL;
        buffer_close(&buffer);
    }
    if (good && items && places == PyTuple_GET_SIZE(keys))
        return (PyObject *)program;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the parts of a program do not fit together");
    Py_DECREF(program);
    return NULL;
}
