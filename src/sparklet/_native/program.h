/* Programs: a whole pipeline as wide instructions on registers, from a row to its outputs.
 *
  * A register holds a double or an object. An instruction has `n` lanes: it writes `n` consecutive registers from
  * `dst` on, and reads each operand from `n` consecutive registers, from a table of constants, or from a list of
  * registers. `codegen/program.py` generates the code, which is trusted.
 *
  * Null is a NaN with special bits. No instruction computes these bits by accident: they only come from reading
  * null, and instructions whose operands may be null check for them.
 *
  * Programs raise no errors of their own. When anything fails, they call `fallback` with the row. */

enum { WELL, DROPPED, FAILED, RAISED };

/* The last six are those of programs for a batch only, see `block.h`. */
#define OPCODES(X)                                                                                             \
    X(END) X(COPY) X(ADD) X(SUB) X(MUL) X(DIV) X(ADD_NULL) X(SUB_NULL) X(MUL_NULL) X(DIV_NULL) X(AFFINE) X(NEG) \
    X(NEG_NULL) X(EXP) X(BUCKET) X(LT) X(LE) X(GT) X(GE) X(EQ) X(NE) X(NE_NULL) X(IS_NULL) X(NOT) X(AND)       \
    X(OR) X(SELECT) X(TRUTH) X(UNBOX) X(NUMBER) X(TRUE) X(IS_NONE) X(ELEMENT) X(FIELD) X(SELECT_OBJECT)        \
    X(VECTOR) X(TUPLE) X(DENSE) X(SPREAD) X(ONE_HOT) X(IS_SPARSE) X(DOT_TERMS) X(DOT) X(DOT_OBJECT) X(TREES) X(TREES_OBJECT) X(PRODUCT)    \
    X(PRODUCT_OBJECT) X(MAP) X(SOFTMAX) X(NORMALIZE) X(ARGMAX) X(FLOAT_SOFTMAX) X(FLOAT_EXPIT)                        \
    X(FLOAT_SIGMOID) X(FLOAT_EXP) X(SIZE) X(GUARD) X(LOOKUP) X(OTHERWISE) X(CALL)      \
    X(LOAD) X(STORE) X(STORE_VECTOR) X(DOT_BEGIN) X(DOT_ADD) X(DOT_END)

#define OPCODE(name) OP_##name,
enum { OPCODES(OPCODE) };
#undef OPCODE

/* How a column of the row is read into registers. */
enum { READ_DOUBLE, READ_FLOAT, READ_INTEGER, READ_BOOLEAN, READ_STRING, READ_VECTOR, READ_OTHER };

typedef struct {
    PyObject *name, *coerce; /* of the program's tuples */
    int64_t least, most;     /* of integers; `most` is the size of a vector, -1 for any */
    int32_t kind;
    int32_t number, object; /* the registers to write, -1 for none */
} ProgramInput;

typedef struct {
    double *scratch;    /* three operands' lanes, then a row of features */
    PyObject **objects; /* all NULL between two calls */
    double registers[];
} Frame;

#define FRAMES 8
#define ORDERS 32 /* how often the order of a row's keys is learnt */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *module, *names, *coercers, *constants; /* tuples but for the module */
    PyObject *arrange, *fallback, *dropped, *absent; /* `absent` is NULL where no column may be */
    PyObject *keys;                                  /* of the outputs */
    ProgramInput *inputs;
    Py_ssize_t count;       /* of inputs */
    PyObject *places;       /* a dict: the index of each input by its name */
    int32_t *order;         /* the input of each key in the order of the row */
    int orders;             /* how often the order was learnt */
    int32_t *code, *outputs; /* an argument for each key, see `argument` */
    Py_ssize_t entry;        /* the start of the instructions, behind their lists and callees */
    double *tables;
    Py_ssize_t registers, lanes, features, objects; /* the sizes of a frame */
    void *frames[FRAMES];
} Program;

#define NULL_BITS UINT64_C(0x7ff8a5a5a5a5a5a5)

INLINE uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

INLINE double null_double(void)
{
    uint64_t bits = NULL_BITS;
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

INLINE int is_null(double x)
{
    return bits_of(x) == NULL_BITS;
}

/* Return an external double with other bits than null. */
INLINE double not_null(double x)
{
    return is_null(x) ? NAN : x;
}

/* --- frames --- */

/* Frames are reused by later calls. A nested call, or a call in another thread, uses another frame. */
#if !defined(Py_GIL_DISABLED)
INLINE void *exchanged(void **place, void *value)
{
    void *old = *place;
    *place = value;
    return old;
}
#elif defined(_MSC_VER)
#define exchanged(place, value) _InterlockedExchangePointer((place), (value))
#else
#define exchanged(place, value) __atomic_exchange_n((place), (value), __ATOMIC_ACQ_REL)
#endif

static Frame *frame_take(Program *program)
{
    for (int i = 0; i < FRAMES; i++) {
        void *frame = program->frames[i] ? exchanged(&program->frames[i], NULL) : NULL;
        if (frame)
            return frame;
    }
    size_t doubles = program->registers + 3 * program->lanes + program->features;
    size_t head = (offsetof(Frame, registers) + sizeof(double) - 1) / sizeof(double) * sizeof(double);
    Frame *frame = PyMem_RawCalloc(1, head + doubles * sizeof(double) + program->objects * sizeof(PyObject *));
    if (!frame)
        return NULL;
    frame->scratch = frame->registers + program->registers;
    frame->objects = (PyObject **)(frame->registers + doubles);
    return frame;
}

static void frame_give(Program *program, Frame *frame)
{
    for (Py_ssize_t i = 0; i < program->objects; i++)
        Py_CLEAR(frame->objects[i]);
    for (int i = 0; frame && i < FRAMES; i++)
        if (!program->frames[i])
            frame = exchanged(&program->frames[i], frame);
    PyMem_RawFree(frame);
}

/* --- operands --- */

/* An operand below this is a list of registers in the code; other negative operands are constants in the tables. */
#define LISTED (-(1 << 30))

INLINE const double *operand(const Program *program, const Frame *frame, int32_t word, int32_t n, double *scratch)
{
    if (word >= 0)
        return frame->registers + word;
    if (word >= LISTED)
        return program->tables + ~word;
    const int32_t *list = program->code + (LISTED - 1 - word);
    for (int32_t i = 0; i < n; i++)
        scratch[i] = frame->registers[list[i]];
    return scratch;
}

/* An argument of a call is an object register, a double or a test to be boxed, or, negative, a constant. */
#define BOXED_DOUBLE (1 << 28)
#define BOXED_TEST (1 << 29)

/* Return an argument as a new reference, NULL without memory. */
INLINE PyObject *argument(const Program *program, const Frame *frame, int32_t word)
{
    if (word < 0)
        return Py_NewRef(PyTuple_GET_ITEM(program->constants, ~word));
    if (word >= BOXED_TEST)
        return PyBool_FromLong(frame->registers[word - BOXED_TEST] != 0.0);
    if (word >= BOXED_DOUBLE) {
        double x = frame->registers[word - BOXED_DOUBLE];
        return is_null(x) ? Py_NewRef(Py_None) : PyFloat_FromDouble(x);
    }
    return Py_NewRef(frame->objects[word]);
}

INLINE const Kept *kept_of(const Program *program)
{
    return PyModule_GetState(program->module);
}

INLINE PyObject *constant(const Program *program, int32_t index)
{
    return PyTuple_GET_ITEM(program->constants, index);
}

/* Return the status of the row after an exception, and clear it. `certain` is set when everything before the
 * call in the pipeline's order succeeded, so that a drop is final. */
static int trouble(const Program *program, int certain)
{
    if (!PyErr_Occurred())
        return FAILED;
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return RAISED; /* such as KeyboardInterrupt, which must propagate */
    int dropped = certain && PyErr_ExceptionMatches(program->dropped);
    PyErr_Clear();
    return dropped ? DROPPED : FAILED;
}

/* Read a double that a function returned; return 0 for any other object. */
INLINE int unboxed(PyObject *object, double *x)
{
    if (PyFloat_CheckExact(object))
        *x = not_null(PyFloat_AS_DOUBLE(object));
    else if (object == Py_None)
        *x = null_double();
    else
        return 0;
    return 1;
}
