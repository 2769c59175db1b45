#define PY_SSIZE_T_CLEAN
#include <Python.h>

PyDoc_STRVAR(parquet_doc,
             "parquet(data, columns, /)\n--\n\n"
             "Return the rows of a Parquet file and its columns, all or those of a tuple of dotted names; None\n"
             "for a file that this reader leaves to Arrow: damaged ones and those that Spark does not write.\n\n"
             "A column is (name, type, mask, values), (name, 'struct', mask, children) or (name, 'array' or\n"
             "'map', mask, offsets, children). A mask has a byte for each slot, zero for null, or is None;\n"
             "offsets are int64; values are the bytes of numbers, or a list of texts.");

PyObject *native_parquet(PyObject *module, PyObject *arguments);
