/* Hashed terms. */

INLINE uint32_t rotated(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

INLINE uint32_t mixed(uint32_t state, uint32_t word)
{
    return rotated(state ^ rotated(word * 0xCC9E2D51u, 15) * 0x1B873593u, 13) * 5 + 0xE6546B64u;
}

static int32_t murmur3(const unsigned char *data, Py_ssize_t length, int legacy, uint32_t state)
{
    Py_ssize_t i = 0;
    for (; i + 4 <= length; i += 4)
        state = mixed(state, (uint32_t)data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16 |
                                 (uint32_t)data[i + 3] << 24);
    if (legacy) {
        for (; i < length; i++)
            state = mixed(state, (uint32_t)(int32_t)(int8_t)data[i]);
    } else if (i < length) {
        uint32_t word = 0;
        for (int shift = 0; i < length; i++, shift += 8)
            word |= (uint32_t)data[i] << shift;
        state ^= rotated(word * 0xCC9E2D51u, 15) * 0x1B873593u;
    }
    state ^= (uint32_t)length;
    state = (state ^ state >> 16) * 0x85EBCA6Bu;
    state = (state ^ state >> 13) * 0xC2B2AE35u;
    return (int32_t)(state ^ state >> 16);
}

/* Write a text as UTF-8, a lone surrogate as `?`; `bytes` has four bytes for each character. */
static Py_ssize_t utf8_from(PyObject *text, unsigned char *bytes)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    unsigned char *end = bytes;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c < 0x80) {
            *end++ = (unsigned char)c;
        } else if (c < 0x800) {
            *end++ = (unsigned char)(0xC0 | c >> 6);
            *end++ = (unsigned char)(0x80 | (c & 0x3F));
        } else if (c >= 0xD800 && c < 0xE000) {
            *end++ = '?';
        } else if (c < 0x10000) {
            *end++ = (unsigned char)(0xE0 | c >> 12);
            *end++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
            *end++ = (unsigned char)(0x80 | (c & 0x3F));
        } else {
            *end++ = (unsigned char)(0xF0 | c >> 18);
            *end++ = (unsigned char)(0x80 | (c >> 12 & 0x3F));
            *end++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
            *end++ = (unsigned char)(0x80 | (c & 0x3F));
        }
    }
    return end - bytes;
}

#define LONGEST_TERM 256 /* characters of a term whose bytes are on the stack */

/* Hash a text; return 0 without memory. */
static int text_hash(PyObject *text, int legacy, uint32_t seed, int32_t *hash)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text)) {
        *hash = murmur3(PyUnicode_DATA(text), length, legacy, seed);
        return 1;
    }
    unsigned char stack[4 * LONGEST_TERM], *bytes = stack;
    if (length > PY_SSIZE_T_MAX / 4 || (length > LONGEST_TERM && !(bytes = PyMem_Malloc(4 * length))))
        return 0;
    *hash = murmur3(bytes, utf8_from(text, bytes), legacy, seed);
    if (bytes != stack)
        PyMem_Free(bytes);
    return 1;
}

PyDoc_STRVAR(murmur3_doc, "murmur3(text, legacy, seed, /)\n--\n\n"
                          "Return Spark's hash of a text's UTF-8 bytes; a lone surrogate is `?`.");

static PyObject *native_murmur3(PyObject *module, PyObject *arguments)
{
    PyObject *text;
    int legacy, seed;
    int32_t hash;
    if (!PyArg_ParseTuple(arguments, "Upi", &text, &legacy, &seed))
        return NULL;
    return text_hash(text, legacy, (uint32_t)seed, &hash) ? PyLong_FromLong(hash) : PyErr_NoMemory();
}

/* Compute the slot of every term; return 0 for a term that is neither a string nor None. */
static int terms_slots(PyObject *terms, Py_ssize_t count, int32_t size, int legacy, uint32_t seed,
                       int32_t *slots)
{
    for (Py_ssize_t i = 0; i < count; i++) {
#ifdef Py_GIL_DISABLED
        /* Another thread may change the list. */
        PyObject *term = PyList_GetItemRef(terms, i);
        if (!term) {
            PyErr_Clear();
            return 0;
        }
#else
        PyObject *term = Py_NewRef(PyList_GET_ITEM(terms, i));
#endif
        int32_t hash = (int32_t)seed;
        int good = term == Py_None || (PyUnicode_CheckExact(term) && text_hash(term, legacy, seed, &hash));
        Py_DECREF(term);
        if (!good)
            return 0;
        int32_t rest = hash % size;
        slots[i] = rest < 0 ? rest + size : rest;
    }
    return 1;
}

/* Return the tuples (slots, number of terms of each slot) of slots in ascending order. */
static PyObject *counted(const int32_t *slots, Py_ssize_t count, int binary)
{
    Py_ssize_t distinct = 0, end = 0;
    for (Py_ssize_t i = 0; i < count; i++)
        distinct += !i || slots[i] != slots[i - 1];
    PyObject *indices = PyTuple_New(distinct), *values = PyTuple_New(distinct), *pair = NULL;
    for (Py_ssize_t k = 0; indices && values && k < distinct; k++) {
        Py_ssize_t start = end;
        while (end < count && slots[end] == slots[start])
            end++;
        PyObject *index = PyLong_FromLong(slots[start]);
        PyObject *value = PyFloat_FromDouble(binary ? 1.0 : (double)(end - start));
        if (!index || !value) {
            Py_XDECREF(index);
            Py_XDECREF(value);
            goto failed;
        }
        PyTuple_SET_ITEM(indices, k, index);
        PyTuple_SET_ITEM(values, k, value);
    }
    if (indices && values)
        pair = PyTuple_Pack(2, indices, values);
failed:
    Py_XDECREF(indices);
    Py_XDECREF(values);
    return pair;
}

PyDoc_STRVAR(count_terms_doc,
             "count_terms(terms, size, legacy, binary, seed, /)\n--\n\n"
             "Return (slots, counts) of a list of texts by their hashes; None for any other list.");

static PyObject *native_count_terms(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    if (given != 5) {
        PyErr_SetString(PyExc_TypeError, "count_terms takes 5 arguments");
        return NULL;
    }
    long size = PyLong_AsLong(arguments[1]), seed = PyLong_AsLong(arguments[4]);
    int legacy = PyObject_IsTrue(arguments[2]), binary = PyObject_IsTrue(arguments[3]);
    if (PyErr_Occurred())
        return NULL;
    if (size < 1 || size > INT32_MAX || !PyList_CheckExact(arguments[0]))
        Py_RETURN_NONE;
    Py_ssize_t count = PyList_GET_SIZE(arguments[0]);
    int32_t stack[STACK], *slots = stack;
    if (count > STACK && !(slots = PyMem_Malloc(count * sizeof(int32_t))))
        return PyErr_NoMemory();
    PyObject *result;
    if (terms_slots(arguments[0], count, (int32_t)size, legacy, (uint32_t)seed, slots)) {
        qsort(slots, count, sizeof(int32_t), compare_ints);
        result = counted(slots, count, binary);
    } else {
        result = Py_NewRef(Py_None);
    }
    if (slots != stack)
        PyMem_Free(slots);
    return result;
}
