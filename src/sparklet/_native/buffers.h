/* Numbers from buffers. */

typedef struct {
    Py_buffer view;
    int held;
} Buffer;

/* Open a C-contiguous buffer of items whose format is one of `formats` and whose size is `size`; 'l' has
 * different sizes on 64-bit Linux and Windows. */
static int buffer_open(Buffer *buffer, PyObject *object, const char *formats, Py_ssize_t size, int flags)
{
    buffer->held = 0;
    if (PyObject_GetBuffer(object, &buffer->view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags) < 0)
        return -1;
    buffer->held = 1;
    const char *format = buffer->view.format ? buffer->view.format : "B";
    if (*format == '<' || *format == '=')
        format++;
    if (strlen(format) != 1 || !strchr(formats, *format) || buffer->view.itemsize != size) {
        PyErr_Format(PyExc_TypeError, "a buffer of '%s' with %zd bytes an item, expected one of '%s' with %zd",
                     buffer->view.format, buffer->view.itemsize, formats, size);
        return -1;
    }
    return 0;
}

static void buffer_close(Buffer *buffer)
{
    if (buffer->held)
        PyBuffer_Release(&buffer->view);
    buffer->held = 0;
}

static Py_ssize_t buffer_items(const Buffer *buffer)
{
    return buffer->view.len / buffer->view.itemsize;
}

static int open_doubles(Buffer *buffer, PyObject *object)
{
    return buffer_open(buffer, object, "d", 8, 0);
}

static int open_ints(Buffer *buffer, PyObject *object)
{
    return buffer_open(buffer, object, "il", 4, 0);
}

static int open_longs(Buffer *buffer, PyObject *object)
{
    return buffer_open(buffer, object, "lq", 8, 0);
}

static void *copied(const Buffer *buffer)
{
    void *copy = PyMem_Malloc(buffer->view.len ? buffer->view.len : 1);
    if (!copy)
        return PyErr_NoMemory();
    memcpy(copy, buffer->view.buf, buffer->view.len);
    return copy;
}
