/* Calls from a program to Python code. */

#define ARGUMENTS 8 /* that are kept on the stack */

/* The target and the arguments of a call. */
typedef struct {
    int32_t target, certain, count;
    int32_t arguments[];
} Callee;

/* Call with boxed arguments; return NULL with or without an error set. With `strict`, a null argument returns null. */
static PyObject *call_python(const Program *program, const Frame *frame, const Callee *callee, int strict)
{
    PyObject *few[ARGUMENTS + 1], **all = few, *result = NULL;
    int32_t count = 0;
    if (callee->count > ARGUMENTS && !(all = PyMem_Malloc((callee->count + 1) * sizeof(PyObject *))))
        return NULL;
    all[0] = NULL;
    int none = 0;
    for (; count < callee->count; count++) {
        PyObject *value = argument(program, frame, callee->arguments[count]);
        if (!value)
            goto end;
        none |= value == Py_None;
        all[count + 1] = value;
    }
    result = strict && none ? Py_NewRef(Py_None)
                            : PyObject_Vectorcall(constant(program, callee->target), all + 1,
                                                  (size_t)count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
end:
    while (count)
        Py_DECREF(all[count--]);
    if (all != few)
        PyMem_Free(all);
    return result;
}

/* [CALL, n, object or -1, double or -1, strict, fields or -1, callee]; n is not used. */
static int run_call(const Program *program, Frame *frame, const int32_t *code)
{
    const Callee *callee = (const Callee *)(code + 6);
    PyObject *result = call_python(program, frame, callee, code[4]);
    if (!result)
        return trouble(program, callee->certain);
    int good = code[3] < 0 || unboxed(result, &frame->registers[code[3]]);
    if (code[5] >= 0)
        good = good && PyTuple_CheckExact(result) && PyTuple_GET_SIZE(result) == code[5];
    if (code[2] >= 0)
        Py_XSETREF(frame->objects[code[2]], result);
    else
        Py_DECREF(result);
    return good ? WELL : FAILED;
}

/* Call the function of a guard whose test holds, and return the status of the row. */
static int refuse(const Program *program, Frame *frame, const Callee *callee)
{
    PyObject *result = call_python(program, frame, callee, 0);
    if (!result)
        return trouble(program, callee->certain);
    Py_DECREF(result);
    return WELL;
}

/* [GUARD, n, 0, tests, the offset of each lane's callee in the code, or -1 for a lane that drops no row] */
static int run_guard(const Program *program, Frame *frame, const int32_t *code)
{
    int32_t n = code[1];
    const double *tests = operand(program, frame, code[3], n, frame->scratch);
    double sum = 0.0;
    for (int32_t i = 0; i < n; i++)
        sum += tests[i];
    if (sum == 0.0)
        return WELL;
    int status = WELL;
    for (int32_t i = 0; status == WELL && i < n; i++)
        if (tests[i] != 0.0)
            status = code[4 + i] < 0 ? FAILED
                                     : refuse(program, frame, (const Callee *)(program->code + code[4 + i]));
    return status;
}

/* A lane of a look-up: the object register of the key, the constants of the table and of the function for missing
 * keys, and the table index of the value for null, -1 for a call. */
typedef struct {
    int32_t key, table, missing, null, certain;
} LookupLane;

static int run_lookup_missing(const Program *program, const LookupLane *lane, PyObject *key, double *to)
{
    PyObject *result = PyObject_CallOneArg(constant(program, lane->missing), key);
    if (!result)
        return trouble(program, lane->certain);
    int good = PyFloat_CheckExact(result) && unboxed(result, to);
    Py_DECREF(result);
    return good ? WELL : FAILED;
}

/* [LOOKUP, n, dst, lanes] */
static int run_lookup(const Program *program, Frame *frame, const int32_t *code)
{
    int32_t n = code[1];
    double *to = frame->registers + code[2];
    const LookupLane *lanes = (const LookupLane *)(code + 3);
    for (int32_t i = 0; i < n; i++) {
        const LookupLane *lane = &lanes[i];
        PyObject *key = frame->objects[lane->key], *value = NULL;
        if (key == Py_None) {
            if (lane->null >= 0) {
                to[i] = program->tables[lane->null];
                continue;
            }
        } else if (find_value(constant(program, lane->table), key, &value) < 0) {
            return trouble(program, 0);
        }
        if (value) {
            to[i] = not_null(PyFloat_AS_DOUBLE(value));
            Py_DECREF(value);
            continue;
        }
        int status = run_lookup_missing(program, lane, key, &to[i]);
        if (status != WELL)
            return status;
    }
    return WELL;
}

/* [OTHERWISE, n, dst, tests, values, the offset of each lane's callee in the code] */
static int run_otherwise(const Program *program, Frame *frame, const int32_t *code)
{
    int32_t n = code[1];
    double *to = frame->registers + code[2];
    const double *tests = operand(program, frame, code[3], n, frame->scratch);
    const double *values = operand(program, frame, code[4], n, frame->scratch + program->lanes);
    int all = 1;
    for (int32_t i = 0; i < n; i++) {
        to[i] = values[i];
        all &= tests[i] != 0.0;
    }
    for (int32_t i = 0; !all && i < n; i++) {
        if (tests[i] != 0.0)
            continue;
        const Callee *callee = (const Callee *)(program->code + code[5 + i]);
        PyObject *result = call_python(program, frame, callee, 0);
        if (!result)
            return trouble(program, callee->certain);
        int good = unboxed(result, &to[i]);
        Py_DECREF(result);
        if (!good)
            return FAILED;
        /* A call that runs this program again uses another frame, so the registers are unchanged. */
    }
    return WELL;
}
