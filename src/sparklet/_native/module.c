/* The loops that are slow in Python: whole pipelines as programs, forests, and ordered dot products over the
 * segments of a feature vector.
 *
 * Every callable of this module has a Python fallback that returns the same bits. The callable calls it for
 * arguments outside the fast path (other than floats and vectors of the right size). Only the fallback raises
 * errors for values; the errors of this module report wrong arguments of its constructors.
 *
 * Calls share only data that never changes, so any number of threads may call, with or without the GIL. The
 * compiler must not contract a * b + c; the code calls fma where Spark's summation order fuses.
 */

#define _GNU_SOURCE /* madvise */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define X86_FMA 1
#define TARGET_FMA __attribute__((target("fma")))
#else
#define TARGET_FMA
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#else
#define INLINE static inline
#define UNROLL
#endif

#define RESTRICT __restrict

#if FLT_EVAL_METHOD != 0
#error "This processor computes with more than double precision, so results would differ from the Python fallback."
#endif

/* The doubles of scratch memory on the stack of a call; a call that needs more allocates memory. */
#define STACK 1024

/* One compilation unit, so that the compiler can inline everything; each part uses the parts before it. */
#include "buffers.h"
#include "dots.h"
#include "segments.h"
#include "forest.h"
#include "trees.h"
#include "shap.h"
#include "linear.h"
#include "products.h"
#include "factors.h"
#include "hashes.h"
#include "vectors.h"
#include "program.h"
#include "program_read.h"
#include "program_lanes.h"
#include "floats.h"
#include "program_vectors.h"
#include "program_products.h"
#include "program_calls.h"
#include "program_run.h"
#include "block.h"
#include "block_vectors.h"
#include "block_run.h"
#include "block_object.h"

/* A separate compilation unit, because it does not run for rows. */
#include "parquet/reader.h"

#define CALLABLE Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC | \
    Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE

static PyMemberDef trees_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Trees, vectorcall), READONLY},
    {"width", T_PYSSIZET, offsetof(Trees, width), READONLY, "The number of results of a row."},
    {"scratch", T_PYSSIZET, offsetof(Trees, scratch), READONLY, "The doubles of scratch memory that a row needs."},
    {"output", T_INT, offsetof(Trees, output), READONLY, "How the leaves are combined; 0 for leaf numbers."},
    {NULL},
};
static PyMemberDef linear_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Linear, vectorcall), READONLY},
    {NULL},
};
static PyMemberDef factors_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Factors, vectorcall), READONLY},
    {NULL},
};
static PyMemberDef product_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Product, vectorcall), READONLY},
    {NULL},
};

static PyType_Slot forest_slots_[] = {{Py_tp_dealloc, forest_dealloc}, {0, NULL}};
static PyType_Spec forest_spec = {
    .name = "sparklet._native._core.Forest",
    .basicsize = sizeof(Forest),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = forest_slots_,
};

static PyType_Slot trees_slots_[] = {
    {Py_tp_dealloc, trees_dealloc},   {Py_tp_traverse, trees_traverse}, {Py_tp_clear, trees_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, trees_members},   {0, NULL},
};
static PyType_Spec trees_spec = {
    .name = "sparklet._native._core.Trees",
    .basicsize = sizeof(Trees),
    .flags = CALLABLE,
    .slots = trees_slots_,
};

static PyType_Slot linear_slots_[] = {
    {Py_tp_dealloc, linear_dealloc},  {Py_tp_traverse, linear_traverse}, {Py_tp_clear, linear_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, linear_members},  {0, NULL},
};
static PyType_Spec linear_spec = {
    .name = "sparklet._native._core.Linear",
    .basicsize = sizeof(Linear),
    .flags = CALLABLE,
    .slots = linear_slots_,
};

static PyType_Slot product_slots_[] = {
    {Py_tp_dealloc, product_dealloc}, {Py_tp_traverse, product_traverse}, {Py_tp_clear, product_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, product_members},   {0, NULL},
};
static PyType_Spec product_spec = {
    .name = "sparklet._native._core.Product",
    .basicsize = sizeof(Product),
    .flags = CALLABLE,
    .slots = product_slots_,
};

static PyType_Slot factors_slots_[] = {
    {Py_tp_dealloc, factors_dealloc},
    {Py_tp_traverse, factors_traverse},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, factors_members},
    {0, NULL},
};
static PyType_Spec factors_spec = {
    .name = "sparklet._native._core.Factors",
    .basicsize = sizeof(Factors),
    .flags = CALLABLE,
    .slots = factors_slots_,
};

PyDoc_STRVAR(forest_doc,
             "forest(starts, feature, left, right, categories, splits, bounds, values, missing=None, /)\n"
             "--\n\n"
             "Return the forest of these arrays, where `values` are the values of leaves; None if only the fallback\n"
             "can walk it. With `missing`, features may be missing: a number makes a forest of floats, where that\n"
             "value and NaN are missing; True makes a forest of doubles.");

static PyObject *native_forest(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != ARRAYS && count != ARRAYS + 1) {
        PyErr_Format(PyExc_TypeError, "forest takes %d arrays, and the missing value", ARRAYS);
        return NULL;
    }
    double missing = count > ARRAYS ? PyFloat_AsDouble(arguments[ARRAYS]) : 0.0;
    if (missing == -1.0 && PyErr_Occurred())
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->forest_type;
    Forest *forest = (Forest *)type->tp_alloc(type, 0);
    if (!forest)
        return NULL;
    forest->has_views = count > ARRAYS;
    forest->floats = count > ARRAYS && !PyBool_Check(arguments[ARRAYS]);
    forest->missing = (float)missing;
    Tables tables;
    int status = tables_open(&tables, arguments) < 0 ? -1 : forest_fill(forest, &tables);
    tables_close(&tables);
    if (status == 0)
        return (PyObject *)forest;
    Py_DECREF(forest);
    if (status > 0)
        Py_RETURN_NONE;
    return PyErr_Occurred() ? NULL : PyErr_NoMemory();
}

/* Return whether each leaf's value is a valid row index. */
static int gives_rows(const Forest *forest, Py_ssize_t rows)
{
    int good = !forest->nans;
    for (Py_ssize_t i = 0; good && i < forest->placed; i++) {
        const Node *node = &forest->nodes[i];
        good = node->slot != 0 ||
               (node->test.threshold >= 0.0 && node->test.threshold < (double)rows);
    }
    return good;
}

/* Return whether a table of `items` numbers has the margins' first values, and a group and a weight per tree. */
static int gives_margins(const Trees *trees, Py_ssize_t items)
{
    Py_ssize_t count = trees->forest->trees;
    int weighted = trees->output == WEIGHTED || trees->output == REBASED;
    int good = items == trees->columns + count * (weighted ? 2 : 1);
    for (Py_ssize_t i = 0; good && i < count; i++) {
        double group = trees->table[trees->columns + i];
        good = group >= 0.0 && group < (double)trees->columns;
    }
    return good;
}

/* Copy the tree weights or the leaf rows that an output needs; return 0 with an error set. */
static int trees_table(Trees *trees, PyObject *object)
{
    Py_ssize_t items = 0;
    if (object != Py_None) {
        Buffer buffer;
        if (open_doubles(&buffer, object) == 0) {
            items = buffer_items(&buffer);
            trees->table = copied(&buffer);
        }
        buffer_close(&buffer);
        if (!trees->table)
            return 0;
    }
    int good = 1;
    if (trees->output == SUM)
        good = items == trees->forest->trees;
    else if (trees->output >= MARGINS)
        good = trees->columns >= 1 && gives_margins(trees, items);
    else if (trees->output >= ROW)
        good = trees->columns >= 1 && items % trees->columns == 0 &&
               gives_rows(trees->forest, items / trees->columns);
    else
        trees->columns = 0;
    if (!good)
        PyErr_SetString(PyExc_ValueError, "the table does not fit the forest");
    return good;
}

PyDoc_STRVAR(trees_doc,
             "trees(forest, layout, output, order, table, columns, zero, fallback, /)\n--\n\n"
             "Return the function from a layout's segments to the forest's output: leaves, each, first, sum,\n"
             "mean, row, votes, margins, weighted, rebased or sums. It calls `fallback` for arguments outside\n"
             "the fast path.");

static PyObject *native_trees(PyObject *module, PyObject *arguments)
{
    static const char *const outputs[] = {"leaves", "each",    "first",    "sum",     "mean", "row",
                                          "votes",  "margins", "weighted", "rebased", "sums"};
    State *state = PyModule_GetState(module);
    PyObject *forest, *layout, *table, *fallback;
    const char *output;
    Order order;
    Py_ssize_t columns;
    double zero;
    if (!PyArg_ParseTuple(arguments, "O!OsO&OndO", state->forest_type, &forest, &layout, &output,
                          order_converter, &order, &table, &columns, &zero, &fallback))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->trees_type;
    Trees *trees = (Trees *)type->tp_alloc(type, 0);
    if (!trees)
        return NULL;
    trees->vectorcall = trees_call;
    trees->forest = (Forest *)Py_NewRef(forest);
    trees->fallback = Py_NewRef(fallback);
    trees->state = Py_NewRef(module);
    trees->order = order;
    trees->dot = dot_of_order(order);
    trees->columns = columns;
    trees->zero = zero;
    trees->output = -1;
    for (int i = 0; i < OUTPUTS; i++)
        if (!strcmp(output, outputs[i]))
            trees->output = i;
    if (trees->output < 0) {
        PyErr_Format(PyExc_ValueError, "no output is called %s", output);
        goto failed;
    }
    if (!(trees->segments = segments_from(layout, &trees->count)) || !trees_table(trees, table))
        goto failed;
    trees->width = trees_width(trees);
    trees->scratch = trees_scratch(trees);
    if (trees_map(trees) < 0) {
        PyErr_NoMemory();
        goto failed;
    }
    return (PyObject *)trees;
failed:
    Py_DECREF(trees);
    return NULL;
}

PyDoc_STRVAR(linear_doc,
             "linear(weights, actives, size, order, fallback, /)\n--\n\n"
             "Return the function from a vector to its dot product with `weights`, which are all or those at\n"
             "`actives`.");

static PyObject *native_linear(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyObject *weights, *actives, *fallback;
    Py_ssize_t size;
    Order order;
    if (!PyArg_ParseTuple(arguments, "OOnO&O", &weights, &actives, &size, order_converter, &order, &fallback))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->linear_type;
    Linear *linear = (Linear *)type->tp_alloc(type, 0);
    if (!linear)
        return NULL;
    linear->vectorcall = linear_call;
    linear->fallback = Py_NewRef(fallback);
    linear->state = Py_NewRef(module);
    linear->size = size;
    linear->order = order;
    linear->dot = dot_of_order(order);
    Buffer buffer;
    if (open_doubles(&buffer, weights) == 0) {
        linear->active_count = buffer_items(&buffer);
        linear->weights = copied(&buffer);
    }
    buffer_close(&buffer);
    if (!linear->weights)
        goto failed;
    int good = size >= 0;
    if (actives != Py_None) {
        Py_ssize_t count = 0;
        if (!(linear->actives = copied_ints(actives, &count)))
            goto failed;
        good = good && count == linear->active_count;
        for (Py_ssize_t k = 0; good && k < count; k++)
            good = linear->actives[k] > (k ? linear->actives[k - 1] : -1) && linear->actives[k] < size;
    } else {
        good = good && linear->active_count == size;
    }
    if (good)
        return (PyObject *)linear;
    PyErr_SetString(PyExc_ValueError, "weights and size do not fit together");
failed:
    Py_DECREF(linear);
    return NULL;
}

PyDoc_STRVAR(product_doc,
             "product(weights, order, chain, fallback, /)\n--\n\n"
             "Return f(x), the ordered dot of floats and weights, or f(start, x), a chain with one\n"
             "accumulator.");

static PyObject *native_product(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyObject *weights, *fallback;
    Order order;
    int chain;
    if (!PyArg_ParseTuple(arguments, "OO&pO", &weights, order_converter, &order, &chain, &fallback))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->product_type;
    Product *product = (Product *)type->tp_alloc(type, 0);
    if (!product)
        return NULL;
    product->vectorcall = product_call;
    product->fallback = Py_NewRef(fallback);
    product->chain = chain;
    product->order = order;
    product->dot = dot_of_order(order);
    Buffer buffer;
    if (open_doubles(&buffer, weights) == 0) {
        product->size = buffer_items(&buffer);
        product->weights = copied(&buffer);
    }
    buffer_close(&buffer);
    if (product->weights)
        return (PyObject *)product;
    Py_DECREF(product);
    return NULL;
}

PyDoc_STRVAR(factors_doc,
             "factors(user_ids, user_values, item_ids, item_values, rank, /)\n--\n\n"
             "Return f(user, item), the dot in float32 of their vectors, NaN where an id is unknown. Ids are\n"
             "int32 and ascending, values float32 with `rank` for an id; neither is copied.");

static PyObject *native_factors(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyObject *ids[2], *values[2];
    Py_ssize_t rank;
    if (!PyArg_ParseTuple(arguments, "OOOOn", &ids[0], &values[0], &ids[1], &values[1], &rank))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->factors_type;
    Factors *factors = (Factors *)type->tp_alloc(type, 0);
    if (!factors)
        return NULL;
    factors->vectorcall = factors_call;
    factors->rank = rank;
    int good = 1;
    for (int k = 0; good && k < 2; k++) {
        Side *side = &factors->sides[k];
        good = open_ints(&side->id_buffer, ids[k]) == 0 &&
               buffer_open(&side->value_buffer, values[k], "f", 4, 0) == 0;
        if (!good)
            break;
        side->ids = side->id_buffer.view.buf;
        side->values = side->value_buffer.view.buf;
        side->count = buffer_items(&side->id_buffer);
        if (rank < 1 || buffer_items(&side->value_buffer) % rank ||
            buffer_items(&side->value_buffer) / rank != side->count) {
            PyErr_SetString(PyExc_ValueError, "not rank numbers for each id");
            good = 0;
        }
    }
    if (good)
        return (PyObject *)factors;
    Py_DECREF(factors);
    return NULL;
}

static PyMethodDef native_methods[] = {
    {"program", native_program, METH_VARARGS, program_doc},
    {"block_program", native_block_program, METH_VARARGS, block_program_doc},
    {"forest", (PyCFunction)(void (*)(void))native_forest, METH_FASTCALL, forest_doc},
    {"shap", (PyCFunction)(void (*)(void))native_shap, METH_FASTCALL, shap_doc},
    {"trees", native_trees, METH_VARARGS, trees_doc},
    {"linear", native_linear, METH_VARARGS, linear_doc},
    {"parquet", native_parquet, METH_VARARGS, parquet_doc},
    {"product", native_product, METH_VARARGS, product_doc},
    {"factors", native_factors, METH_VARARGS, factors_doc},
    {"count_terms", (PyCFunction)(void (*)(void))native_count_terms, METH_FASTCALL, count_terms_doc},
    {"murmur3", native_murmur3, METH_VARARGS, murmur3_doc},
    {NULL},
};

static int native_exec(PyObject *module)
{
    State *state = PyModule_GetState(module);
    PyObject *linalg = PyImport_ImportModule("sparklet.linalg");
    if (!linalg)
        return -1;
    state->dense = PyObject_GetAttrString(linalg, "DenseVector");
    state->sparse = PyObject_GetAttrString(linalg, "SparseVector");
    Py_DECREF(linalg);
    state->values = PyUnicode_InternFromString("values");
    state->indices = PyUnicode_InternFromString("indices");
    state->size_name = PyUnicode_InternFromString("size");
    state->forest_type = PyType_FromModuleAndSpec(module, &forest_spec, NULL);
    state->trees_type = PyType_FromModuleAndSpec(module, &trees_spec, NULL);
    state->linear_type = PyType_FromModuleAndSpec(module, &linear_spec, NULL);
    state->product_type = PyType_FromModuleAndSpec(module, &product_spec, NULL);
    state->program_type = PyType_FromModuleAndSpec(module, &program_spec, NULL);
    state->block_program_type = PyType_FromModuleAndSpec(module, &block_program_spec, NULL);
    state->factors_type = PyType_FromModuleAndSpec(module, &factors_spec, NULL);
    for (size_t i = 0; i < sizeof(State) / sizeof(PyObject *); i++)
        if (!((PyObject **)state)[i])
            return -1;
    if (add_opcodes(module) < 0)
        return -1;
    return find_slots((Kept *)state);
}

static int native_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    for (size_t i = 0; i < sizeof(State) / sizeof(PyObject *); i++)
        Py_VISIT(((PyObject **)state)[i]);
    return 0;
}

static int native_clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    for (size_t i = 0; i < sizeof(State) / sizeof(PyObject *); i++)
        Py_CLEAR(((PyObject **)state)[i]);
    return 0;
}

static void native_free(void *module)
{
    native_clear(module);
}

static PyModuleDef_Slot native_slots[] = {
    {Py_mod_exec, native_exec},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef native_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sparklet._native._core",
    .m_doc = "The loops that are slow in Python; each has a Python fallback.",
    .m_size = sizeof(Kept),
    .m_methods = native_methods,
    .m_slots = native_slots,
    .m_traverse = native_traverse,
    .m_clear = native_clear,
    .m_free = native_free,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&native_module);
}
