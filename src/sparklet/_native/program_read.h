/* Read rows into registers. */

INLINE void read_object(const ProgramInput *input, Frame *frame, PyObject *value)
{
    if (input->object >= 0)
        Py_XSETREF(frame->objects[input->object], Py_NewRef(value));
}

INLINE int read_number(const ProgramInput *input, Frame *frame, double x)
{
    if (input->number >= 0)
        frame->registers[input->number] = x;
    return 1;
}

/* Read a value that needs no Python code; return 0 for one that does. */
INLINE int read_plain(const Program *program, const ProgramInput *input, Frame *frame, PyObject *value)
{
    if (value == Py_None) {
        read_object(input, frame, value);
        return read_number(input, frame, null_double());
    }
    if (program->absent && value == program->absent) {
        read_object(input, frame, value);
        return input->number < 0;
    }
    switch (input->kind) {
    case READ_DOUBLE:
        if (!PyFloat_CheckExact(value))
            return 0;
        read_object(input, frame, value);
        return read_number(input, frame, not_null(PyFloat_AS_DOUBLE(value)));
    case READ_FLOAT: {
        if (!PyFloat_CheckExact(value) || input->object >= 0)
            return 0;
        return read_number(input, frame, not_null((double)(float)PyFloat_AS_DOUBLE(value)));
    }
    case READ_INTEGER: {
        if (!PyLong_CheckExact(value))
            return 0;
        int overflow;
        long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow || whole < input->least || whole > input->most)
            return 0;
        read_object(input, frame, value);
        return read_number(input, frame, (double)whole);
    }
    case READ_BOOLEAN:
        if (!PyBool_Check(value))
            return 0;
        read_object(input, frame, value);
        return read_number(input, frame, value == Py_True ? 1.0 : 0.0);
    case READ_STRING:
        if (!PyUnicode_CheckExact(value))
            return 0;
        read_object(input, frame, value);
        return 1;
    case READ_VECTOR:
        if (!has_size(kept_of(program), value, input->most))
            return 0;
        read_object(input, frame, value);
        return 1;
    default:
        return 0;
    }
}

/* Read a value through its column's coercion. */
static int read_coerced(const Program *program, const ProgramInput *input, Frame *frame, PyObject *value)
{
    PyObject *found = NULL;
    if (input->kind == READ_DOUBLE && PyLong_CheckExact(value)) {
        double x = PyLong_AsDouble(value);
        if (x == -1.0 && PyErr_Occurred())
            PyErr_Clear();
        else
            found = PyFloat_FromDouble(x);
    }
    if (!found)
        found = PyObject_CallOneArg(input->coerce, value);
    int good = found != NULL;
    if (good && !read_plain(program, input, frame, found)) {
        read_object(input, frame, found);
        /* For example a float32 that is needed as an object. */
        good = input->number < 0;
        if (!good && PyFloat_CheckExact(found))
            good = read_number(input, frame, not_null(PyFloat_AS_DOUBLE(found)));
    }
    Py_XDECREF(found);
    return good;
}

/* Coerce the values that wait in the first object registers, one for each input. */
static int read_waiting(const Program *program, Frame *frame)
{
    int good = 1;
    for (Py_ssize_t i = 0; i < program->count; i++)
        if (frame->objects[i]) {
            good = good && read_coerced(program, &program->inputs[i], frame, frame->objects[i]);
            Py_CLEAR(frame->objects[i]);
        }
    return good;
}

static void forget_waiting(const Program *program, Frame *frame)
{
    for (Py_ssize_t i = 0; i < program->count; i++)
        Py_CLEAR(frame->objects[i]);
}

INLINE void read_value(const Program *program, Py_ssize_t i, Frame *frame, PyObject *value, int *waits)
{
    if (!read_plain(program, &program->inputs[i], frame, value)) {
        *waits = 1;
        Py_XSETREF(frame->objects[i], Py_NewRef(value));
    }
}

/* Return 1 and a new reference for a present key, 0 for an absent key, -1 with an error set. */
INLINE int find_value(PyObject *row, PyObject *key, PyObject **value)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(row, key, value);
#else
    *value = Py_XNewRef(PyDict_GetItemWithError(row, key));
    return *value ? 1 : PyErr_Occurred() ? -1 : 0;
#endif
}

#ifndef Py_GIL_DISABLED
/* Compare by identity first, then by value, because rows parsed from JSON have their own key objects. */
INLINE int same_key(PyObject *key, PyObject *name)
{
    if (key == name)
        return 1;
    return PyUnicode_CheckExact(key) && PyUnicode_GET_LENGTH(key) == PyUnicode_GET_LENGTH(name) &&
           PyUnicode_KIND(key) == PyUnicode_KIND(name) &&
           !memcmp(PyUnicode_DATA(key), PyUnicode_DATA(name), PyUnicode_GET_LENGTH(key) * PyUnicode_KIND(key));
}

/* Learn the order of the inputs in the row. */
static void learn_order(Program *program, PyObject *row)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, place = 0;
    program->orders++;
    for (; place < program->count && PyDict_Next(row, &at, &key, &value); place++) {
        /* The look-up of another type of key may run Python code. */
        PyObject *index = PyUnicode_CheckExact(key) ? PyDict_GetItemWithError(program->places, key) : NULL;
        if (index)
            program->order[place] = (int32_t)PyLong_AsLong(index);
    }
    PyErr_Clear();
}

/* Read a row whose keys are in the learnt order, because iterating a dict is much faster than as many look-ups.
 * Return 0 when the order differs. */
INLINE int read_in_order(Program *program, Frame *frame, PyObject *row, int *waits)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    for (Py_ssize_t place = 0; place < program->count; place++) {
        Py_ssize_t i = program->order[place];
        if (!PyDict_Next(row, &at, &key, &value) || !same_key(key, program->inputs[i].name))
            return 0;
        read_value(program, i, frame, value, waits);
    }
    return 1;
}
#endif

/* Read a dict: WELL, FAILED or, with a key that is missing, DROPPED. */
static int read_dict(Program *program, Frame *frame, PyObject *row)
{
    int waits = 0;
#ifndef Py_GIL_DISABLED
    if (PyDict_GET_SIZE(row) == program->count) {
        if (read_in_order(program, frame, row, &waits))
            goto read;
        if (program->orders < ORDERS)
            learn_order(program, row);
    }
#endif
    for (Py_ssize_t i = 0; i < program->count; i++) {
        PyObject *value;
        int found = find_value(row, program->inputs[i].name, &value);
        if (found <= 0) {
            forget_waiting(program, frame);
            return found < 0 ? FAILED : DROPPED;
        }
        read_value(program, i, frame, value, &waits);
        Py_DECREF(value);
    }
#ifndef Py_GIL_DISABLED
read:
#endif
    return !waits || read_waiting(program, frame) ? WELL : FAILED;
}

static int read_row(Program *program, Frame *frame, PyObject *row)
{
    if (PyDict_CheckExact(row) && PyDict_GET_SIZE(row) == program->count) {
        int status = read_dict(program, frame, row);
        if (status != DROPPED)
            return status;
    }
    PyObject *arranged = PyObject_CallOneArg(program->arrange, row);
    int status = FAILED;
    if (arranged && PyDict_CheckExact(arranged))
        status = read_dict(program, frame, arranged) == WELL ? WELL : FAILED;
    Py_XDECREF(arranged);
    return status;
}
