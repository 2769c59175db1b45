/* A reader of the Parquet files that Spark ML writes: small files, with plain or dictionary encoding,
 * uncompressed or Snappy.
 *
 * The reader never raises for a file: Arrow reads damaged files and files of other kinds, and raises their
 * errors. Every size in the file is checked against the available bytes before anything is read or allocated. */

#include "reader.h"

#include <stdint.h>
#include <string.h>

/* Each part uses the parts before it. */
#include "thrift.h"
#include "snappy.h"
#include "footer.h"
#include "pages.h"
#include "records.h"

/* The most values of a file; Arrow reads files with more values. */
#define MOST_ENTRIES ((Py_ssize_t)1 << 24)
#define ENTRIES_PER_BYTE 128

PyObject *native_parquet(PyObject *module, PyObject *arguments)
{
    Py_buffer view;
    Parquet file = {0};
    Py_ssize_t first = -1;
    PyObject *columns = NULL, *result = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*O", &view, &file.columns))
        return NULL;
    file.data = view.buf;
    file.size = view.len;
    file.budget = view.len < MOST_ENTRIES / ENTRIES_PER_BYTE ? 4096 + view.len * ENTRIES_PER_BYTE : MOST_ENTRIES;
    int status = PY_BIG_ENDIAN ? 0 : file.columns == Py_None || PyTuple_Check(file.columns) ? 1 : -1;
    if (status < 0)
        PyErr_SetString(PyExc_TypeError, "columns are a tuple of names, or None");
    if (status > 0)
        status = read_footer(&file, &first);
    for (Py_ssize_t i = 0; status > 0 && i < file.leaf_count; i++)
        if (file.leaves[i].wanted)
            status = read_leaf(&file, &file.leaves[i]);
    if (status > 0)
        status = build_children(&file, first, &columns);
    if (status > 0)
        result = Py_BuildValue("nO", file.rows, columns);
    else if (status == 0)
        result = Py_NewRef(Py_None);
    Py_XDECREF(columns);
    parquet_free(&file);
    PyBuffer_Release(&view);
    return result;
}
