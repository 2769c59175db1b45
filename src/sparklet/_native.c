/* The few loops that Python is slow at: forests and ordered dots over a feature vector's segments.
 *
 * Every callable made here has a twin in Python that it agrees with bit for bit, and that it hands over to as
 * soon as an argument is not what nearly all arguments are (floats, vectors of the right size): so errors are
 * raised in one place only, and this file has none of its own but for what the twins' author got wrong.
 *
 * Nothing is shared between calls but what never changes, so any number of threads may call, with the GIL and
 * without. Compiled with contraction of a * b + c off: where Spark's order of summation fuses, fma is written.
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

#if FLT_EVAL_METHOD != 0
#error "This processor computes with more than double precision: the Python twins are exact, this is not."
#endif

/* Doubles of scratch that a call keeps on its stack; what needs more asks for memory. */
#define STACK 1024

/* --- numbers from buffers ------------------------------------------------------------------------- */

typedef struct {
    Py_buffer view;
    int held;
} Buffer;

/* Open a C-contiguous buffer of items whose format is one of `formats` and whose size is `size`, which tells
 * 'l' of 64-bit Linux from that of Windows. */
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

/* --- ordered dots --------------------------------------------------------------------------------- */

/* How a BLAS sums, as `blas.Order` has it. */
typedef struct {
    int lanes, fused, vector;
} Order;

INLINE double product_sum(double x, double y, double sum, int fused)
{
    return fused ? fma(x, y, sum) : sum + x * y;
}

INLINE double dot_lanes(const double *x, const double *y, Py_ssize_t n, int lanes, int fused, int tail_fused)
{
    double sums[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}, total = 0.0;
    Py_ssize_t whole = n / lanes * lanes, i = 0;
    for (; i < whole; i += lanes)
        UNROLL
        for (int lane = 0; lane < lanes; lane++)
            sums[lane] = product_sum(x[i + lane], y[i + lane], sums[lane], fused);
    if (lanes == 1)
        return sums[0];
    UNROLL
    for (int lane = 0; lane < lanes; lane++)
        total += sums[lane];
    for (; i < n; i++)
        total = product_sum(x[i], y[i], total, tail_fused);
    return total;
}

INLINE double dot_ordered(const double *x, const double *y, Py_ssize_t n, Order order)
{
    int tail_fused = order.fused && !order.vector;
    switch (order.lanes) {
    case 1:
        return dot_lanes(x, y, n, 1, order.fused, tail_fused);
    case 2:
        return dot_lanes(x, y, n, 2, order.fused, tail_fused);
    case 4:
        return dot_lanes(x, y, n, 4, order.fused, tail_fused);
    default:
        return dot_lanes(x, y, n, 8, order.fused, tail_fused);
    }
}

static double dot_plain(const double *x, const double *y, Py_ssize_t n, Order order)
{
    order.fused = 0;
    return dot_ordered(x, y, n, order);
}

/* fma is libm's function here: exact, if slow, on processors that have none. */
static double dot_fused(const double *x, const double *y, Py_ssize_t n, Order order)
{
    order.fused = 1;
    return dot_ordered(x, y, n, order);
}

#ifdef X86_FMA
TARGET_FMA static double dot_fused_here(const double *x, const double *y, Py_ssize_t n, Order order)
{
    order.fused = 1;
    return dot_ordered(x, y, n, order);
}
#endif

typedef double (*Dot)(const double *, const double *, Py_ssize_t, Order);

static Dot dot_of_order(Order order)
{
    if (!order.fused)
        return dot_plain;
#ifdef X86_FMA
    if (__builtin_cpu_supports("fma"))
        return dot_fused_here;
#endif
    return dot_fused;
}

static int order_converter(PyObject *object, void *address)
{
    Order *order = address;
    if (!PyArg_ParseTuple(object, "iii", &order->lanes, &order->fused, &order->vector))
        return 0;
    if (order->lanes != 1 && order->lanes != 2 && order->lanes != 4 && order->lanes != 8) {
        PyErr_SetString(PyExc_ValueError, "lanes are 1, 2, 4 or 8");
        return 0;
    }
    return 1;
}

/* --- segments ------------------------------------------------------------------------------------- */

enum { SCALAR, ONEHOT, VECTOR };

typedef struct {
    int kind;
    Py_ssize_t start, size; /* size is -1 where a vector's is open */
} Segment;

/* The module's objects; all are held. */
typedef struct {
    PyObject *dense, *sparse;               /* the classes of vectors */
    PyObject *values, *indices, *size_name; /* "values", "indices", "size" */
    PyObject *forest_type, *trees_type, *linear_type, *product_type, *factors_type, *reader_type;
} State;

/* One entry of a vector argument: its parts, held until `vector_close`. */
typedef struct {
    PyObject *values, *indices; /* tuples; indices is NULL for a dense vector */
    Py_ssize_t size, count;
} Vector;

static void vector_close(Vector *vector)
{
    Py_CLEAR(vector->values);
    Py_CLEAR(vector->indices);
}

/* Return 1 for a vector, 0 for what the twin must look at. No error is left set. */
static int vector_open(const State *state, PyObject *argument, Vector *vector)
{
    vector->values = vector->indices = NULL;
    int sparse = (PyObject *)Py_TYPE(argument) == state->sparse;
    if (!sparse && (PyObject *)Py_TYPE(argument) != state->dense)
        return 0;
    vector->values = PyObject_GetAttr(argument, state->values);
    if (!vector->values || !PyTuple_CheckExact(vector->values))
        goto odd;
    vector->size = vector->count = PyTuple_GET_SIZE(vector->values);
    if (sparse) {
        PyObject *size = PyObject_GetAttr(argument, state->size_name);
        if (!size)
            goto odd;
        vector->size = PyLong_CheckExact(size) ? PyLong_AsSsize_t(size) : -1;
        Py_DECREF(size);
        vector->indices = PyObject_GetAttr(argument, state->indices);
        if (!vector->indices || vector->size < 0 || !PyTuple_CheckExact(vector->indices) ||
            PyTuple_GET_SIZE(vector->indices) != vector->count)
            goto odd;
    }
    return 1;
odd:
    PyErr_Clear();
    vector_close(vector);
    return 0;
}

/* Read element `i`; return 0 where it is odd: not a float, or an index that is no index. */
INLINE int vector_element(const Vector *vector, Py_ssize_t i, Py_ssize_t *place, double *value)
{
    PyObject *element = PyTuple_GET_ITEM(vector->values, i);
    if (!PyFloat_CheckExact(element))
        return 0;
    *value = PyFloat_AS_DOUBLE(element);
    if (!vector->indices) {
        *place = i;
        return 1;
    }
    PyObject *index = PyTuple_GET_ITEM(vector->indices, i);
    if (!PyLong_CheckExact(index))
        return 0;
    *place = PyLong_AsSsize_t(index);
    if (*place >= 0 && *place < vector->size)
        return 1;
    PyErr_Clear();
    return 0;
}

/* Read a number that a one-hot segment is given: 1 and the index, or -1 for none; 0 for what is odd. */
INLINE int onehot_index(PyObject *argument, Py_ssize_t size, Py_ssize_t *index)
{
    if (PyFloat_CheckExact(argument)) {
        double value = PyFloat_AS_DOUBLE(argument);
        *index = value >= 0.0 && value < (double)size ? (Py_ssize_t)value : -1;
        return 1;
    }
    if (!PyLong_CheckExact(argument))
        return 0;
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(argument, &overflow);
    *index = !overflow && value >= 0 && value < size ? (Py_ssize_t)value : -1;
    return 1;
}

static Segment *segments_from(PyObject *layout, Py_ssize_t *count)
{
    if (!PyTuple_Check(layout)) {
        PyErr_SetString(PyExc_TypeError, "a layout is a tuple of segments");
        return NULL;
    }
    *count = PyTuple_GET_SIZE(layout);
    Segment *segments = PyMem_Calloc(*count ? *count : 1, sizeof(Segment));
    if (!segments)
        return (Segment *)PyErr_NoMemory();
    Py_ssize_t end = 0;
    for (Py_ssize_t i = 0; i < *count; i++) {
        const char *kind;
        PyObject *size = Py_None;
        Segment *segment = &segments[i];
        PyObject *item = PyTuple_GET_ITEM(layout, i);
        if (!PyTuple_Check(item) || !PyArg_ParseTuple(item, "sn|O", &kind, &segment->start, &size))
            goto failed;
        segment->kind = *kind == 's' ? SCALAR : *kind == 'o' ? ONEHOT : VECTOR;
        segment->size = segment->kind == SCALAR ? 1 : size == Py_None ? -1 : PyLong_AsSsize_t(size);
        if (PyErr_Occurred())
            goto failed;
        int open = segment->size < 0;
        if (end < 0 || segment->start < end || (open && (segment->kind != VECTOR || i + 1 != *count)) ||
            (!open && segment->size > PY_SSIZE_T_MAX - segment->start)) {
            PyErr_SetString(PyExc_ValueError, "a segment does not follow the one before it");
            goto failed;
        }
        end = open ? -1 : segment->start + segment->size;
    }
    return segments;
failed:
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "a segment is a tuple");
    PyMem_Free(segments);
    return NULL;
}

/* --- forests -------------------------------------------------------------------------------------- */

/* A set of categories: where its bits begin in the forest's words, and how many they are. */
typedef struct {
    uint32_t word, bits;
} Set;

/* A node is 16 bytes, four to a cache line. A split goes to `child` where x[slot] <= threshold, else to
 * child + 1. A leaf is its own child: it tests slot 0, which holds -inf, so that trees of different depths can
 * be walked in step without asking which has ended; its threshold is what the leaf gives. A split by
 * categories tests a slot that says whether the feature is in the set, 0.0 or 1.0; where the sets of a feature
 * are too many for that, it has slot ~s of the feature and the set in place of the threshold. */
typedef struct {
    union {
        double threshold;
        Set set;
    } test;
    int32_t slot, child;
} Node;

/* A slot that says whether a feature is in a set; `next` is the feature's next one, -1 for none. */
typedef struct {
    Set set;
    int32_t next;
} Member;

#define MEMBERS 64        /* sets of a feature that have slots */
#define ALL_MEMBERS 4096  /* sets of all features that have */

#define HUGE_PAGE ((size_t)1 << 21)
#define LANES 16 /* trees that are walked at once, to hide the time that memory takes */
#define STRIDE 8 /* levels between two questions whether all have ended */

typedef struct {
    PyObject_HEAD
    void *memory;       /* of the nodes, before alignment */
    Node *nodes;        /* the roots, then each tree's pairs of children, a left one's before a right one's */
    int32_t *depths;    /* of each group of LANES trees */
    int32_t *features;  /* which feature is in which slot, ascending */
    uint8_t *nans;      /* a bit for each leaf that gives NaN, which its test cannot hold; or NULL */
    uint64_t *words;    /* sets of categories */
    Member *members;    /* the slots after those of the features */
    int32_t *heads;     /* of each feature's slot its first member, or -1 */
    double *blank;      /* what all slots hold where all features are 0.0 */
    Py_ssize_t trees, groups, slots, placed, member_count;
    Py_ssize_t width;   /* how many slots there are in all, the one of leaves included */
    int in_nodes;       /* whether nodes have sets */
} Forest;

/* Ask for nodes at the start of a cache line, so that the two children of a node share one. */
static int nodes_alloc(Forest *forest, Py_ssize_t count)
{
    size_t align = 64, size = (size_t)count * sizeof(Node);
#ifdef MADV_HUGEPAGE
    /* A walk through a large forest touches more pages than the processor remembers, unless they are large. */
    if (size >= HUGE_PAGE)
        align = HUGE_PAGE;
#endif
    if (!(forest->memory = PyMem_Malloc(size + align)))
        return -1;
    forest->nodes = (Node *)(((uintptr_t)forest->memory + align - 1) & ~(uintptr_t)(align - 1));
#ifdef MADV_HUGEPAGE
    if (align == HUGE_PAGE)
        (void)madvise(forest->nodes, size & ~(size_t)(HUGE_PAGE - 1), MADV_HUGEPAGE);
#endif
    return 0;
}

static void forest_dealloc(PyObject *self)
{
    Forest *forest = (Forest *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(forest->memory);
    PyMem_Free(forest->depths);
    PyMem_Free(forest->features);
    PyMem_Free(forest->nans);
    PyMem_Free(forest->words);
    PyMem_Free(forest->members);
    PyMem_Free(forest->heads);
    PyMem_Free(forest->blank);
    type->tp_free(self);
    Py_DECREF(type);
}

/* The arrays that a forest is made from, as `stages/tree/forest.py` describes them. */
enum { STARTS, FEATURE, LEFT, RIGHT, CATEGORIES, SPLITS, BOUNDS, VALUES, ARRAYS };

typedef struct {
    Buffer buffers[ARRAYS];
    const int64_t *starts, *left, *right, *bounds;
    const int32_t *feature, *categories;
    const double *splits, *values;
    Py_ssize_t nodes, trees, split_values;
} Tables;

static void tables_close(Tables *tables)
{
    for (int i = 0; i < ARRAYS; i++)
        buffer_close(&tables->buffers[i]);
}

static int tables_open(Tables *tables, PyObject *const *arrays)
{
    Buffer *buffers = tables->buffers;
    for (int i = 0; i < ARRAYS; i++)
        buffers[i].held = 0;
    for (int i = 0; i < ARRAYS; i++) {
        int status = i == FEATURE || i == CATEGORIES ? open_ints(&buffers[i], arrays[i])
                     : i == SPLITS || i == VALUES    ? open_doubles(&buffers[i], arrays[i])
                                                     : open_longs(&buffers[i], arrays[i]);
        if (status < 0)
            return -1;
    }
    tables->starts = buffers[STARTS].view.buf;
    tables->feature = buffers[FEATURE].view.buf;
    tables->left = buffers[LEFT].view.buf;
    tables->right = buffers[RIGHT].view.buf;
    tables->categories = buffers[CATEGORIES].view.buf;
    tables->splits = buffers[SPLITS].view.buf;
    tables->bounds = buffers[BOUNDS].view.buf;
    tables->values = buffers[VALUES].view.buf;
    Py_ssize_t n = tables->nodes = buffer_items(&buffers[FEATURE]);
    tables->trees = buffer_items(&buffers[STARTS]) - 1;
    tables->split_values = buffer_items(&buffers[SPLITS]);
    int good = tables->trees >= 1 && tables->trees <= n && n < INT32_MAX / 4 && buffer_items(&buffers[LEFT]) == n &&
               buffer_items(&buffers[RIGHT]) == n && buffer_items(&buffers[CATEGORIES]) == n &&
               buffer_items(&buffers[BOUNDS]) == n + 1 && buffer_items(&buffers[VALUES]) == n;
    for (Py_ssize_t i = 0; good && i < tables->trees; i++)
        good = tables->starts[i] >= 0 && tables->starts[i] < n;
    for (Py_ssize_t i = 0; good && i < n; i++) {
        if (tables->feature[i] < 0)
            continue;
        /* Children come after their parents: then every walk ends. */
        int64_t start = tables->bounds[i], end = tables->bounds[i + 1];
        good = tables->left[i] > i && tables->left[i] < n && tables->right[i] > i && tables->right[i] < n &&
               start >= 0 && start <= end && end <= tables->split_values &&
               (tables->categories[i] >= 0 || end > start);
    }
    if (!good) {
        PyErr_SetString(PyExc_ValueError, "the arrays are no forest");
        return -1;
    }
    return 0;
}

static int compare_ints(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Find the slot of a feature, less one, from that of `low` on; -1 where no split tests it. */
static Py_ssize_t slot_of(const Forest *forest, Py_ssize_t feature, Py_ssize_t low)
{
    Py_ssize_t high = forest->slots;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (forest->features[middle] < feature)
            low = middle + 1;
        else
            high = middle;
    }
    return low < forest->slots && forest->features[low] == feature ? low : -1;
}

/* Number the features that splits test; return -1 without memory. */
static int forest_slots(Forest *forest, const Tables *tables)
{
    int32_t *all = PyMem_Malloc(tables->nodes * sizeof(int32_t));
    if (!all)
        return -1;
    Py_ssize_t count = 0, distinct = 0;
    /* Which feature came last of those that share their low bits: so that few are left to sort. */
    int32_t last[1024];
    memset(last, -1, sizeof(last));
    for (Py_ssize_t i = 0; i < tables->nodes; i++) {
        int32_t feature = tables->feature[i];
        if (feature >= 0 && last[feature & 1023] != feature)
            last[feature & 1023] = all[count++] = feature;
    }
    qsort(all, count, sizeof(int32_t), compare_ints);
    for (Py_ssize_t i = 0; i < count; i++)
        if (!i || all[i] != all[i - 1])
            all[distinct++] = all[i];
    forest->features = all;
    forest->slots = distinct;
    return 0;
}

/* Return how many bits the set of a split by categories takes, -1 where a member is no category: then the
 * twin walks. `exchange` tells that the set is the one of what goes right. */
static int64_t set_bits(const Tables *tables, Py_ssize_t i, int *exchange)
{
    int64_t start = tables->bounds[i], end = tables->bounds[i + 1];
    int64_t categories = tables->categories[i], bits = 0;
    for (int64_t k = start; k < end; k++) {
        double value = tables->splits[k];
        if (!(value >= 0.0 && value < (double)categories) || (double)(int64_t)value != value)
            return -1;
        if ((int64_t)value >= bits)
            bits = (int64_t)value + 1;
    }
    /* Spark keeps the smaller half: a value unseen in training goes left here, else right. */
    *exchange = end - start > categories / 2;
    return *exchange ? categories : bits;
}

/* Make room for the sets of all splits; return 1 where they are no sets or too large. */
static int forest_sets(Forest *forest, const Tables *tables)
{
    int64_t words = 0, most = (1 << 20) + 128 * (int64_t)tables->nodes;
    for (Py_ssize_t i = 0; i < tables->nodes; i++) {
        if (tables->feature[i] < 0 || tables->categories[i] < 0)
            continue;
        int exchange;
        int64_t bits = set_bits(tables, i, &exchange);
        if (bits < 0 || (words += (bits + 63) / 64) > most || words > UINT32_MAX)
            return 1;
    }
    forest->words = PyMem_Calloc(words ? words : 1, sizeof(uint64_t));
    return forest->words ? 0 : -1;
}

/* Write the set of a split; return whether it is the one of what goes right. */
static int forest_set(Forest *forest, const Tables *tables, Py_ssize_t i, int64_t used, Set *set)
{
    int exchange;
    int64_t bits = set_bits(tables, i, &exchange);
    uint64_t *words = forest->words + used;
    for (int64_t k = tables->bounds[i]; k < tables->bounds[i + 1]; k++) {
        int64_t category = (int64_t)tables->splits[k];
        words[category >> 6] |= (uint64_t)1 << (category & 63);
    }
    if (exchange)
        for (int64_t k = 0; k < bits; k++)
            words[k >> 6] ^= (uint64_t)1 << (k & 63);
    set->word = (uint32_t)used;
    set->bits = (uint32_t)bits;
    return exchange;
}

INLINE int contains(const Forest *forest, Set set, double value)
{
    if (!(value >= 0.0 && value < (double)set.bits))
        return 0;
    uint32_t category = (uint32_t)value;
    return (double)category == value &&
           (int)(forest->words[set.word + (category >> 6)] >> (category & 63) & 1);
}

/* Return the slot that says whether a feature is in a set, -1 where there are too many, -2 without memory. */
static int32_t member_slot(Forest *forest, Py_ssize_t feature, Set set)
{
    Py_ssize_t words = ((Py_ssize_t)set.bits + 63) / 64, count = 0;
    for (int32_t k = forest->heads[feature]; k >= 0; k = forest->members[k].next, count++) {
        Set other = forest->members[k].set;
        if (other.bits == set.bits &&
            !memcmp(forest->words + other.word, forest->words + set.word, words * sizeof(uint64_t)))
            return (int32_t)(1 + forest->slots) + k;
    }
    if (count == MEMBERS || forest->member_count == ALL_MEMBERS)
        return -1;
    if (!forest->members && !(forest->members = PyMem_Malloc(ALL_MEMBERS * sizeof(Member))))
        return -2;
    int32_t added = (int32_t)forest->member_count++;
    forest->members[added] = (Member){set, forest->heads[feature]};
    forest->heads[feature] = added;
    return (int32_t)(1 + forest->slots) + added;
}

/* Write a split by categories; return whether its sides are to be exchanged, -1 without memory. */
static int forest_members(Forest *forest, const Tables *tables, Py_ssize_t i, Node *node, int64_t *used)
{
    Set set;
    Py_ssize_t feature = slot_of(forest, tables->feature[i], 0), known = forest->member_count;
    int exchange = forest_set(forest, tables, i, *used, &set);
    Py_ssize_t words = ((Py_ssize_t)set.bits + 63) / 64;
    int32_t slot = member_slot(forest, feature, set);
    if (slot == -2)
        return -1;
    node->slot = slot;
    node->test.threshold = 0.5;
    if (slot == -1) {
        node->slot = ~(int32_t)(1 + feature);
        node->test.set = set;
        forest->in_nodes = 1;
    } else if (forest->member_count == known) {
        /* It is there already. */
        memset(forest->words + *used, 0, words * sizeof(uint64_t));
        return exchange;
    }
    *used += words;
    return exchange;
}

/* A node that is yet to be written: its number in the tables, its place, how deep it lies. */
typedef struct {
    int64_t number;
    int32_t place, depth;
} Waiting;

/* Write a leaf; return -1 without memory. */
static int forest_leaf(Forest *forest, Py_ssize_t most, Py_ssize_t place, double value)
{
    Node *node = &forest->nodes[place];
    node->test.threshold = value != value ? 0.0 : value;
    node->slot = 0;
    node->child = (int32_t)place;
    if (value == value)
        return 0;
    if (!forest->nans && !(forest->nans = PyMem_Calloc((most + 7) / 8, 1)))
        return -1;
    forest->nans[place >> 3] |= (uint8_t)(1 << (place & 7));
    return 0;
}

/* Write the nodes; return 1 where they are no trees. */
static int forest_nodes(Forest *forest, const Tables *tables, Waiting *waiting)
{
    Py_ssize_t padded = forest->groups * LANES, most = padded + tables->nodes, end = padded;
    int64_t used = 0;
    for (Py_ssize_t tree = 0; tree < padded; tree++) {
        int32_t *deepest = &forest->depths[tree / LANES];
        Py_ssize_t left = 0;
        if (tree < tables->trees)
            waiting[left++] = (Waiting){tables->starts[tree], (int32_t)tree, 0};
        else if (forest_leaf(forest, most, tree, 0.0) < 0)
            return -1;
        while (left) {
            Waiting next = waiting[--left];
            int64_t i = next.number;
            if (tables->feature[i] < 0) {
                if (*deepest < next.depth)
                    *deepest = next.depth;
                if (forest_leaf(forest, most, next.place, tables->values[i]) < 0)
                    return -1;
                continue;
            }
            if (end + 2 > most)
                return 1;
            Node *node = &forest->nodes[next.place];
            int exchange = 0, zero;
            if (tables->categories[i] < 0) {
                node->slot = (int32_t)(1 + slot_of(forest, tables->feature[i], 0));
                node->test.threshold = tables->splits[tables->bounds[i]];
                zero = 0.0 <= node->test.threshold;
            } else {
                exchange = forest_members(forest, tables, i, node, &used);
                if (exchange < 0)
                    return -1;
                zero = contains(forest, node->slot > 0 ? forest->members[node->slot - 1 - forest->slots].set
                                                       : node->test.set, 0.0);
            }
            node->child = (int32_t)end;
            Waiting yes = {tables->left[i], (int32_t)end, next.depth + 1};
            Waiting no = {tables->right[i], (int32_t)end + 1, next.depth + 1};
            if (exchange) {
                yes.number = tables->right[i];
                no.number = tables->left[i];
            }
            /* Where a feature is 0.0, as most are in wide vectors, the walk stays close. */
            waiting[left++] = zero ? no : yes;
            waiting[left++] = zero ? yes : no;
            end += 2;
        }
    }
    forest->placed = end;
    return 0;
}

/* Write what slots hold where all features are 0.0; return -1 without memory. */
static int forest_blank(Forest *forest)
{
    if (forest->members) {
        Member *fitting = PyMem_Realloc(forest->members, forest->member_count * sizeof(Member));
        forest->members = fitting ? fitting : forest->members;
    }
    forest->width = 1 + forest->slots + forest->member_count;
    forest->blank = PyMem_Calloc(forest->width, sizeof(double));
    if (!forest->blank)
        return -1;
    forest->blank[0] = -INFINITY;
    for (Py_ssize_t k = 0; k < forest->member_count; k++)
        forest->blank[1 + forest->slots + k] = contains(forest, forest->members[k].set, 0.0) ? 0.0 : 1.0;
    return 0;
}

/* Set a feature, and whether it is in the sets that have slots. */
INLINE void put(const Forest *forest, double *x, Py_ssize_t slot, double value)
{
    x[1 + slot] = value;
    for (int32_t k = forest->heads[slot]; k >= 0; k = forest->members[k].next)
        x[1 + forest->slots + k] = contains(forest, forest->members[k].set, value) ? 0.0 : 1.0;
}

/* Fill a new forest; return 1 for what the twin must do. */
static int forest_fill(Forest *forest, const Tables *tables)
{
    forest->trees = tables->trees;
    forest->groups = (tables->trees + LANES - 1) / LANES;
    Py_ssize_t most = forest->groups * LANES + tables->nodes;
    if (nodes_alloc(forest, most) < 0 || forest_slots(forest, tables) < 0)
        return -1;
    forest->depths = PyMem_Calloc(forest->groups, sizeof(int32_t));
    Waiting *waiting = PyMem_Malloc((tables->nodes + 2) * sizeof(Waiting));
    forest->heads = PyMem_Malloc((forest->slots + 1) * sizeof(int32_t));
    int status = forest->depths && waiting && forest->heads ? forest_sets(forest, tables) : -1;
    if (status == 0) {
        memset(forest->heads, -1, (forest->slots + 1) * sizeof(int32_t));
        status = forest_nodes(forest, tables, waiting);
    }
    PyMem_Free(waiting);
    return status ? status : forest_blank(forest);
}

INLINE int32_t step_threshold(const Node *nodes, const double *x, int32_t place)
{
    const Node *node = &nodes[place];
    return node->child + !(x[node->slot] <= node->test.threshold);
}

INLINE int32_t step_both(const Forest *forest, const Node *nodes, const double *x, int32_t place)
{
    const Node *node = &nodes[place];
    if (node->slot >= 0)
        return node->child + !(x[node->slot] <= node->test.threshold);
    return node->child + !contains(forest, node->test.set, x[~node->slot]);
}

/* Walk a group of trees in step; `found` gets the place of each one's leaf. */
INLINE void walk_group(const Forest *forest, Py_ssize_t group, const double *x, int32_t *found, int both)
{
    const Node *nodes = forest->nodes;
    int32_t left = forest->depths[group], places[LANES];
    UNROLL
    for (int lane = 0; lane < LANES; lane++)
        places[lane] = (int32_t)(group * LANES + lane);
    while (left > 0) {
        int32_t levels = left < STRIDE ? left : STRIDE;
        left -= levels;
        for (; levels > 0; levels--)
            UNROLL
            for (int lane = 0; lane < LANES; lane++)
                places[lane] = both ? step_both(forest, nodes, x, places[lane])
                                    : step_threshold(nodes, x, places[lane]);
        if (left > 0) {
            int ended = 1;
            for (int lane = 0; lane < LANES; lane++)
                ended &= nodes[places[lane]].slot == 0;
            if (ended)
                break;
        }
    }
    UNROLL
    for (int lane = 0; lane < LANES; lane++)
        found[lane] = places[lane];
}

/* Walk one group and write what its leaves give. */
static void group_values(const Forest *forest, Py_ssize_t group, const double *x, double *values)
{
    int32_t found[LANES];
    if (forest->in_nodes)
        walk_group(forest, group, x, found, 1);
    else
        walk_group(forest, group, x, found, 0);
    UNROLL
    for (int lane = 0; lane < LANES; lane++)
        values[lane] = forest->nodes[found[lane]].test.threshold;
    if (forest->nans)
        for (int lane = 0; lane < LANES; lane++)
            if (forest->nans[found[lane] >> 3] >> (found[lane] & 7) & 1)
                values[lane] = NAN;
}

/* --- functions of segments ------------------------------------------------------------------------ */

/* What a function makes of the leaves' values. */
enum { LEAVES, EACH, FIRST, ROW, SUM, MEAN, VOTES };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Forest *forest;
    PyObject *twin, *state; /* the state's module, for the classes of vectors */
    Segment *segments;
    Py_ssize_t count;
    int32_t *slots; /* for each segment where the slots of its features begin, and where they end */
    int32_t **maps; /* from a segment's feature to its slot, -1 for none; NULL where that would be too long */
    int output;
    double *table; /* weights of trees, or rows of leaves */
    Py_ssize_t columns;
    Py_ssize_t width; /* how many numbers of output a row has */
    Order order;
    Dot dot;
    double zero;
} Trees;

#define LONGEST_MAP (1 << 20)

INLINE Py_ssize_t trees_slot(const Trees *trees, Py_ssize_t segment, Py_ssize_t place)
{
    const int32_t *map = trees->maps[segment];
    if (map) {
        Py_ssize_t last = trees->slots[2 * segment + 1];
        Py_ssize_t span = trees->forest->features[last - 1] - trees->segments[segment].start;
        return place <= span ? map[place] : -1;
    }
    return slot_of(trees->forest, trees->segments[segment].start + place, trees->slots[2 * segment]);
}

/* Return whether a segment's vector may have any size: the last one may, and one that is the only segment. */
INLINE int is_open(const Trees *trees, const Segment *segment)
{
    return segment->size < 0 || (trees->count == 1 && segment->kind == VECTOR && !segment->start);
}

/* Fill the slots that a vector argument has; return 0 for what is odd. */
static int trees_vector(const Trees *trees, Py_ssize_t i, PyObject *argument, double *x)
{
    const State *state = PyModule_GetState(trees->state);
    const Segment *segment = &trees->segments[i];
    const int32_t *features = trees->forest->features;
    Py_ssize_t first = trees->slots[2 * i], last = trees->slots[2 * i + 1];
    Vector vector;
    if (!vector_open(state, argument, &vector))
        return 0;
    /* A vector that is the only segment may have any size that reaches what splits test. */
    int good = is_open(trees, segment) || vector.size == segment->size;
    good = good && (first == last || features[last - 1] - segment->start < vector.size);
    if (good && !vector.indices) {
        for (Py_ssize_t slot = first; good && slot < last; slot++) {
            PyObject *element = PyTuple_GET_ITEM(vector.values, features[slot] - segment->start);
            good = PyFloat_CheckExact(element);
            if (good)
                put(trees->forest, x, slot, PyFloat_AS_DOUBLE(element));
        }
    } else if (good && first < last) {
        for (Py_ssize_t k = 0; good && k < vector.count; k++) {
            Py_ssize_t place;
            double value;
            good = vector_element(&vector, k, &place, &value);
            Py_ssize_t slot = good ? trees_slot(trees, i, place) : -1;
            if (slot >= 0)
                put(trees->forest, x, slot, value);
        }
    }
    vector_close(&vector);
    return good;
}

INLINE int trees_read(const Trees *trees, PyObject *const *arguments, double *x)
{
    memcpy(x, trees->forest->blank, trees->forest->width * sizeof(double));
    for (Py_ssize_t i = 0; i < trees->count; i++) {
        PyObject *argument = arguments[i];
        int32_t first = trees->slots[2 * i];
        if (first == trees->slots[2 * i + 1] && trees->segments[i].kind != VECTOR)
            continue;
        if (trees->segments[i].kind == SCALAR) {
            if (!PyFloat_CheckExact(argument))
                return 0;
            put(trees->forest, x, first, PyFloat_AS_DOUBLE(argument));
        } else if (trees->segments[i].kind == ONEHOT) {
            Py_ssize_t index;
            if (!onehot_index(argument, trees->segments[i].size, &index))
                return 0;
            Py_ssize_t slot = index < 0 ? -1 : trees_slot(trees, i, index);
            if (slot >= 0)
                put(trees->forest, x, slot, 1.0);
        } else if (!trees_vector(trees, i, argument, x)) {
            return 0;
        }
    }
    return 1;
}

/* Make of the leaves' values what is one number. */
INLINE double trees_number(const Trees *trees, const double *values)
{
    if (trees->output == FIRST)
        return values[0];
    if (trees->output == SUM)
        return trees->dot(values, trees->table, trees->forest->trees, trees->order);
    double total = trees->zero;
    for (Py_ssize_t i = 0; i < trees->forest->trees; i++)
        total += values[i];
    return total / (double)trees->forest->trees;
}

/* Make of the leaves' values a row of `columns` numbers. */
INLINE void trees_row(const Trees *trees, const double *values, double *row)
{
    Py_ssize_t columns = trees->columns;
    if (trees->output == ROW) {
        memcpy(row, trees->table + (Py_ssize_t)values[0] * columns, columns * sizeof(double));
        return;
    }
    for (Py_ssize_t k = 0; k < columns; k++)
        row[k] = 0.0;
    for (Py_ssize_t i = 0; i < trees->forest->trees; i++) {
        const double *share = trees->table + (Py_ssize_t)values[i] * columns;
        for (Py_ssize_t k = 0; k < columns; k++)
            row[k] += share[k];
    }
}

static PyObject *tuple_of(const double *values, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyObject *item = PyFloat_FromDouble(values[i]);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

static PyObject *tuple_of_ints(const double *values, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyObject *item = PyLong_FromSsize_t((Py_ssize_t)values[i]);
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

/* Doubles that a row takes: x with its last slot, the leaves' values, the output's row. */
INLINE Py_ssize_t trees_scratch(const Trees *trees)
{
    return trees->forest->width + trees->forest->groups * LANES + trees->columns;
}

static PyObject *trees_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    Trees *trees = (Trees *)self;
    const Forest *forest = trees->forest;
    if (PyVectorcall_NARGS(flags) != trees->count || (names && PyTuple_GET_SIZE(names)))
        return PyObject_Vectorcall(trees->twin, arguments, flags, names);
    double stack[STACK], *scratch = stack;
    Py_ssize_t needed = trees_scratch(trees);
    if (needed > STACK && !(scratch = PyMem_Malloc(needed * sizeof(double))))
        return PyErr_NoMemory();
    double *values = scratch + forest->width, *row = values + forest->groups * LANES;
    PyObject *result;
    if (!trees_read(trees, arguments, scratch)) {
        result = PyObject_Vectorcall(trees->twin, arguments, flags, names);
    } else {
        for (Py_ssize_t group = 0; group < forest->groups; group++)
            group_values(forest, group, scratch, values + group * LANES);
        switch (trees->output) {
        case LEAVES:
            result = tuple_of_ints(values, forest->trees);
            break;
        case EACH:
            result = tuple_of(values, forest->trees);
            break;
        case ROW:
        case VOTES:
            trees_row(trees, values, row);
            result = tuple_of(row, trees->columns);
            break;
        default:
            result = PyFloat_FromDouble(trees_number(trees, values));
        }
    }
    if (scratch != stack)
        PyMem_Free(scratch);
    return result;
}

/* Make slots and maps of a forest's segments. */
static int trees_map(Trees *trees)
{
    const Forest *forest = trees->forest;
    trees->slots = PyMem_Calloc(2 * trees->count + 1, sizeof(int32_t));
    trees->maps = PyMem_Calloc(trees->count + 1, sizeof(int32_t *));
    if (!trees->slots || !trees->maps)
        return -1;
    Py_ssize_t slot = 0;
    for (Py_ssize_t i = 0; i < trees->count; i++) {
        const Segment *segment = &trees->segments[i];
        while (slot < forest->slots && forest->features[slot] < segment->start)
            slot++;
        Py_ssize_t first = slot;
        while (slot < forest->slots &&
               (is_open(trees, segment) || forest->features[slot] - segment->start < segment->size))
            slot++;
        trees->slots[2 * i] = (int32_t)first;
        trees->slots[2 * i + 1] = (int32_t)slot;
        if (first == slot || segment->kind == SCALAR)
            continue;
        Py_ssize_t span = forest->features[slot - 1] - segment->start + 1;
        if (span > LONGEST_MAP)
            continue;
        int32_t *map = trees->maps[i] = PyMem_Malloc(span * sizeof(int32_t));
        if (!map)
            return -1;
        memset(map, -1, span * sizeof(int32_t));
        for (Py_ssize_t k = first; k < slot; k++)
            map[forest->features[k] - segment->start] = (int32_t)k;
    }
    return 0;
}

static int trees_traverse(PyObject *self, visitproc visit, void *arg)
{
    Trees *trees = (Trees *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(trees->forest);
    Py_VISIT(trees->twin);
    Py_VISIT(trees->state);
    return 0;
}

static int trees_clear(PyObject *self)
{
    Py_CLEAR(((Trees *)self)->twin);
    return 0;
}

static void trees_dealloc(PyObject *self)
{
    Trees *trees = (Trees *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(trees->forest);
    Py_XDECREF(trees->twin);
    Py_XDECREF(trees->state);
    if (trees->maps)
        for (Py_ssize_t i = 0; i < trees->count; i++)
            PyMem_Free(trees->maps[i]);
    PyMem_Free(trees->maps);
    PyMem_Free(trees->slots);
    PyMem_Free(trees->segments);
    PyMem_Free(trees->table);
    type->tp_free(self);
    Py_DECREF(type);
}

/* --- batches -------------------------------------------------------------------------------------- */

/* A segment of many rows: doubles, indices, rows of a matrix, or a sparse matrix by rows. */
typedef struct {
    Buffer data, indices, offsets;
    int whole;       /* whether `data` holds whole numbers, and of how many bytes: 0, 4 or 8 */
    Py_ssize_t size; /* of a dense vector */
} Column;

static void columns_close(Column *columns, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; columns && i < count; i++) {
        buffer_close(&columns[i].data);
        buffer_close(&columns[i].indices);
        buffer_close(&columns[i].offsets);
    }
    PyMem_Free(columns);
}

/* Check a sparse matrix by rows, so that reading it is safe. */
static int check_sparse(const Column *column, Py_ssize_t rows, Py_ssize_t size)
{
    const int64_t *offsets = column->offsets.view.buf;
    const int32_t *indices = column->indices.view.buf;
    Py_ssize_t count = buffer_items(&column->indices);
    int good = buffer_items(&column->data) == count && buffer_items(&column->offsets) == rows + 1 &&
               offsets[0] >= 0 && offsets[rows] <= count;
    if (!good)
        return 0;
    for (Py_ssize_t row = 0; good && row < rows; row++)
        good = offsets[row] <= offsets[row + 1];
    for (int64_t k = offsets[0]; good && k < offsets[rows]; k++)
        good = indices[k] >= 0 && indices[k] < size;
    return good;
}

static int column_open(Column *column, PyObject *object, const Segment *segment, Py_ssize_t rows)
{
    if (segment->kind == VECTOR && PyTuple_Check(object)) {
        PyObject *offsets, *indices, *values;
        if (!PyArg_ParseTuple(object, "OOO", &offsets, &indices, &values) ||
            open_longs(&column->offsets, offsets) < 0 || open_ints(&column->indices, indices) < 0 ||
            open_doubles(&column->data, values) < 0)
            return -1;
        if (segment->size >= 0 && check_sparse(column, rows, segment->size))
            return 0;
        PyErr_SetString(PyExc_ValueError, "a column is no sparse matrix of the segment's size");
        return -1;
    }
    if (segment->kind == ONEHOT && PyObject_CheckBuffer(object)) {
        if (open_ints(&column->data, object) == 0) {
            column->whole = 4;
        } else {
            PyErr_Clear();
            buffer_close(&column->data);
            if (open_longs(&column->data, object) == 0) {
                column->whole = 8;
            } else {
                PyErr_Clear();
                buffer_close(&column->data);
            }
        }
    }
    if (!column->data.held && open_doubles(&column->data, object) < 0)
        return -1;
    Py_ssize_t width = 1;
    if (segment->kind == VECTOR)
        column->size = width = segment->size;
    if (width < 0 || (width && buffer_items(&column->data) / width != rows) ||
        buffer_items(&column->data) != rows * width) {
        PyErr_Format(PyExc_ValueError, "a column has %zd numbers for %zd rows", buffer_items(&column->data),
                     rows);
        return -1;
    }
    return 0;
}

static Column *columns_open(PyObject *objects, const Segment *segments, Py_ssize_t count, Py_ssize_t rows)
{
    if (!PyTuple_Check(objects) || PyTuple_GET_SIZE(objects) != count) {
        PyErr_Format(PyExc_TypeError, "expected a tuple of %zd columns", count);
        return NULL;
    }
    Column *columns = PyMem_Calloc(count ? count : 1, sizeof(Column));
    if (!columns)
        return (Column *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++)
        if (column_open(&columns[i], PyTuple_GET_ITEM(objects, i), &segments[i], rows) < 0) {
            columns_close(columns, count);
            return NULL;
        }
    return columns;
}

INLINE Py_ssize_t column_index(const Column *column, Py_ssize_t row, Py_ssize_t size)
{
    if (!column->whole) {
        double value = ((const double *)column->data.view.buf)[row];
        return value >= 0.0 && value < (double)size ? (Py_ssize_t)value : -1;
    }
    int64_t index = column->whole == 4 ? ((const int32_t *)column->data.view.buf)[row]
                                       : ((const int64_t *)column->data.view.buf)[row];
    return index >= 0 && index < size ? (Py_ssize_t)index : -1;
}

static void trees_read_row(const Trees *trees, const Column *columns, Py_ssize_t row, double *x)
{
    memcpy(x, trees->forest->blank, trees->forest->width * sizeof(double));
    for (Py_ssize_t i = 0; i < trees->count; i++) {
        const Column *column = &columns[i];
        const Segment *segment = &trees->segments[i];
        const double *data = column->data.view.buf;
        int32_t first = trees->slots[2 * i], last = trees->slots[2 * i + 1];
        if (first == last)
            continue;
        if (segment->kind == SCALAR) {
            put(trees->forest, x, first, data[row]);
        } else if (segment->kind == ONEHOT) {
            Py_ssize_t index = column_index(column, row, segment->size);
            Py_ssize_t slot = index < 0 ? -1 : trees_slot(trees, i, index);
            if (slot >= 0)
                put(trees->forest, x, slot, 1.0);
        } else if (column->offsets.held) {
            const int64_t *offsets = column->offsets.view.buf;
            const int32_t *indices = column->indices.view.buf;
            for (int64_t k = offsets[row]; k < offsets[row + 1]; k++) {
                Py_ssize_t slot = trees_slot(trees, i, indices[k]);
                if (slot >= 0)
                    put(trees->forest, x, slot, data[k]);
            }
        } else {
            for (Py_ssize_t slot = first; slot < last; slot++)
                put(trees->forest, x, slot,
                    data[row * column->size + trees->forest->features[slot] - segment->start]);
        }
    }
}

/* How many numbers of output a row has. */
static Py_ssize_t trees_width(const Trees *trees)
{
    if (trees->output == LEAVES || trees->output == EACH)
        return trees->forest->trees;
    return trees->output == ROW || trees->output == VOTES ? trees->columns : 1;
}

/* Score rows `start` to `stop`. A group of trees meets a block of rows before the next group comes, so that
 * a forest larger than the processor's cache is fetched once for a block, not for each row. */
static int trees_rows(const Trees *trees, const Column *columns, double *out, Py_ssize_t start, Py_ssize_t stop)
{
    const Forest *forest = trees->forest;
    Py_ssize_t inputs = forest->width, leaves = forest->groups * LANES, width = trees->width;
    Py_ssize_t block = 32768 / (inputs + leaves);
    block = block < 1 ? 1 : block > 64 ? 64 : block;
    double *x = PyMem_RawMalloc(block * (inputs + leaves) * sizeof(double));
    if (!x)
        return -1;
    double *values = x + block * inputs;
    for (Py_ssize_t first = start; first < stop; first += block) {
        Py_ssize_t count = stop - first < block ? stop - first : block;
        for (Py_ssize_t row = 0; row < count; row++)
            trees_read_row(trees, columns, first + row, x + row * inputs);
        for (Py_ssize_t group = 0; group < forest->groups; group++)
            for (Py_ssize_t row = 0; row < count; row++)
                group_values(forest, group, x + row * inputs, values + row * leaves + group * LANES);
        for (Py_ssize_t row = 0; row < count; row++) {
            double *target = out + (first + row) * width;
            if (trees->output == LEAVES || trees->output == EACH)
                memcpy(target, values + row * leaves, width * sizeof(double));
            else if (trees->output == ROW || trees->output == VOTES)
                trees_row(trees, values + row * leaves, target);
            else
                *target = trees_number(trees, values + row * leaves);
        }
    }
    PyMem_RawFree(x);
    return 0;
}

/* Parse (columns, out, start, stop) of a batch: what is in `out` is what tells the number of rows. */
static Column *batch_open(PyObject *arguments, const Segment *segments, Py_ssize_t count, Py_ssize_t width,
                          Buffer *out, Py_ssize_t *start, Py_ssize_t *stop)
{
    PyObject *objects, *target, *end = Py_None;
    *start = 0;
    out->held = 0;
    if (!PyArg_ParseTuple(arguments, "OO|nO", &objects, &target, start, &end) ||
        buffer_open(out, target, "d", 8, PyBUF_WRITABLE) < 0)
        return NULL;
    Py_ssize_t rows = buffer_items(out) / width;
    *stop = end == Py_None ? rows : PyLong_AsSsize_t(end);
    if (PyErr_Occurred())
        return NULL;
    if (rows * width != buffer_items(out) || *start < 0 || *start > *stop || *stop > rows) {
        PyErr_Format(PyExc_ValueError, "%zd numbers of output are no rows of %zd, or have no rows %zd to %zd",
                     buffer_items(out), width, *start, *stop);
        return NULL;
    }
    return columns_open(objects, segments, count, rows);
}

/* Return whether the last segment has all features that splits test in it. */
static int reaches(const Trees *trees)
{
    Py_ssize_t last = trees->count - 1;
    if (last < 0 || trees->slots[2 * last] == trees->slots[2 * last + 1])
        return 1;
    const Segment *segment = &trees->segments[last];
    return trees->forest->features[trees->slots[2 * last + 1] - 1] - segment->start < segment->size;
}

static PyObject *trees_batch(PyObject *self, PyObject *arguments)
{
    const Trees *trees = (Trees *)self;
    Buffer out;
    Py_ssize_t start, stop;
    Column *columns =
        batch_open(arguments, trees->segments, trees->count, trees->width, &out, &start, &stop);
    int status = -1;
    if (columns && !reaches(trees)) {
        PyErr_SetString(PyExc_ValueError, "a split tests a feature that no segment has");
        columns_close(columns, trees->count);
        columns = NULL;
    }
    if (columns) {
        Py_BEGIN_ALLOW_THREADS
        status = trees_rows(trees, columns, out.view.buf, start, stop);
        Py_END_ALLOW_THREADS
        if (status < 0)
            PyErr_NoMemory();
        columns_close(columns, trees->count);
    }
    buffer_close(&out);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* --- linear models -------------------------------------------------------------------------------- */

/* The kind of the vector that the segments make; OWN is the one that a single vector argument has. */
enum { DENSE, SPARSE, SMALLER, OWN };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *twin, *state;
    Segment *segments;
    Py_ssize_t count;
    int kind;
    double *weights;  /* all of them, or those that are active */
    int32_t *actives; /* where they are, NULL for all */
    Py_ssize_t size, active_count;
    Py_ssize_t width; /* how many numbers of output a row has: one */
    Py_ssize_t limit; /* the most non-zeros with which the vector is sparse */
    Order order;
    Dot dot;
} Linear;

#define ACTIVES 256

/* The elements of a vector one after the other; on the stack as long as they are few. */
typedef struct {
    Py_ssize_t *places, count, room;
    double *values;
    Py_ssize_t stack_places[ACTIVES];
    double stack_values[ACTIVES];
} Actives;

static void actives_init(Actives *actives)
{
    actives->places = actives->stack_places;
    actives->values = actives->stack_values;
    actives->count = 0;
    actives->room = ACTIVES;
}

static void actives_close(Actives *actives)
{
    if (actives->places != actives->stack_places) {
        PyMem_RawFree(actives->places);
        PyMem_RawFree(actives->values);
    }
}

/* Make room for `more` elements; return 0 where there is no memory. */
static int actives_grow(Actives *actives, Py_ssize_t more)
{
    if (more <= actives->room - actives->count)
        return 1;
    Py_ssize_t room = 2 * (actives->count + more);
    Py_ssize_t *places = PyMem_RawMalloc(room * sizeof(Py_ssize_t));
    double *values = PyMem_RawMalloc(room * sizeof(double));
    if (!places || !values) {
        PyMem_RawFree(places);
        PyMem_RawFree(values);
        return 0;
    }
    memcpy(places, actives->places, actives->count * sizeof(Py_ssize_t));
    memcpy(values, actives->values, actives->count * sizeof(double));
    actives_close(actives);
    actives->places = places;
    actives->values = values;
    actives->room = room;
    return 1;
}

INLINE void actives_add(Actives *actives, Py_ssize_t place, double value)
{
    actives->places[actives->count] = place;
    actives->values[actives->count++] = value;
}

/* Return where an index is among the active weights, from `*low` on, or -1. */
INLINE Py_ssize_t active_weight(const Linear *linear, Py_ssize_t index, Py_ssize_t *low)
{
    Py_ssize_t high = linear->active_count;
    while (*low < high) {
        Py_ssize_t middle = *low + (high - *low) / 2;
        if (linear->actives[middle] < index)
            *low = middle + 1;
        else
            high = middle;
    }
    return *low < linear->active_count && linear->actives[*low] == index ? *low : -1;
}

static double linear_sparse(const Linear *linear, const Actives *found)
{
    double total = 0.0;
    Py_ssize_t low = 0;
    if (!linear->actives) {
        for (Py_ssize_t k = 0; k < found->count; k++)
            total += found->values[k] * linear->weights[found->places[k]];
        return total;
    }
    for (Py_ssize_t k = 0; k < found->count; k++) {
        Py_ssize_t place = active_weight(linear, found->places[k], &low);
        if (place >= 0)
            total += found->values[k] * linear->weights[place];
    }
    return total;
}

static double linear_dense(const Linear *linear, const double *x)
{
    if (!linear->actives)
        return linear->dot(x, linear->weights, linear->size, linear->order);
    double total = 0.0;
    for (Py_ssize_t k = 0; k < linear->active_count; k++)
        total += linear->weights[k] * x[linear->actives[k]];
    return total;
}

/* The features in a row of their own: on the stack as long as they are few. */
INLINE double *row_open(const Linear *linear, double *stack)
{
    double *x = linear->size > STACK ? PyMem_RawMalloc(linear->size * sizeof(double)) : stack;
    if (x)
        memset(x, 0, linear->size * sizeof(double));
    return x;
}

INLINE void row_close(double *x, const double *stack)
{
    if (x != stack)
        PyMem_RawFree(x);
}

/* Take the dot of what is not zero, in the kind that Spark's vector has; return 0 without memory. */
static int linear_result(const Linear *linear, const Actives *found, double *result)
{
    if (linear->kind != SMALLER || found->count <= linear->limit) {
        *result = linear_sparse(linear, found);
        return 1;
    }
    double stack[STACK], *x = row_open(linear, stack);
    if (!x)
        return 0;
    for (Py_ssize_t k = 0; k < found->count; k++)
        x[found->places[k]] = found->values[k];
    *result = linear_dense(linear, x);
    row_close(x, stack);
    return 1;
}

INLINE Py_ssize_t vector_size(const Linear *linear, const Segment *segment)
{
    return segment->size < 0 ? linear->size - segment->start : segment->size;
}

/* Write a vector's elements to x; return 0 for what is odd. */
static int vector_fill(const Vector *vector, double *x)
{
    for (Py_ssize_t k = 0; k < vector->count; k++) {
        Py_ssize_t place;
        double value;
        if (!vector_element(vector, k, &place, &value))
            return 0;
        x[place] = value;
    }
    return 1;
}

/* Write all segments to x; return 0 for what is odd. */
static int linear_fill(const Linear *linear, PyObject *const *arguments, double *x)
{
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Segment *segment = &linear->segments[i];
        PyObject *argument = arguments[i];
        if (segment->kind == SCALAR) {
            if (!PyFloat_CheckExact(argument))
                return 0;
            x[segment->start] = PyFloat_AS_DOUBLE(argument);
        } else if (segment->kind == ONEHOT) {
            Py_ssize_t index;
            if (!onehot_index(argument, segment->size, &index))
                return 0;
            if (index >= 0)
                x[segment->start + index] = 1.0;
        } else {
            Vector vector;
            if (!vector_open(PyModule_GetState(linear->state), argument, &vector))
                return 0;
            int good =
                vector.size == vector_size(linear, segment) && vector_fill(&vector, x + segment->start);
            vector_close(&vector);
            if (!good)
                return 0;
        }
    }
    return 1;
}

/* Add the elements of a vector argument; return 0 for what is odd. */
static int vector_add(const Linear *linear, const Segment *segment, PyObject *argument, Actives *found)
{
    Vector vector;
    if (!vector_open(PyModule_GetState(linear->state), argument, &vector))
        return 0;
    int good = vector.size == vector_size(linear, segment) && actives_grow(found, vector.count);
    for (Py_ssize_t k = 0; good && k < vector.count; k++) {
        Py_ssize_t place;
        double value;
        good = vector_element(&vector, k, &place, &value);
        /* What a vector of its own holds counts, what an assembler adds only where it is not zero. */
        if (good && (linear->kind == OWN || value != 0.0))
            actives_add(found, segment->start + place, value);
    }
    vector_close(&vector);
    return good;
}

/* Add what is not zero in all segments; return 0 for what is odd. */
static int linear_gather(const Linear *linear, PyObject *const *arguments, Actives *found)
{
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Segment *segment = &linear->segments[i];
        PyObject *argument = arguments[i];
        if (segment->kind == VECTOR) {
            if (!vector_add(linear, segment, argument, found))
                return 0;
            continue;
        }
        if (!actives_grow(found, 1))
            return 0;
        if (segment->kind == SCALAR) {
            if (!PyFloat_CheckExact(argument))
                return 0;
            if (PyFloat_AS_DOUBLE(argument) != 0.0)
                actives_add(found, segment->start, PyFloat_AS_DOUBLE(argument));
        } else {
            Py_ssize_t index;
            if (!onehot_index(argument, segment->size, &index))
                return 0;
            if (index >= 0)
                actives_add(found, segment->start + index, 1.0);
        }
    }
    return 1;
}

static PyObject *linear_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Linear *linear = (Linear *)self;
    const State *state = PyModule_GetState(linear->state);
    double result = 0.0;
    int good = PyVectorcall_NARGS(flags) == linear->count && !(names && PyTuple_GET_SIZE(names));
    if (!good) {
        ;
    } else if (linear->kind == DENSE ||
               (linear->kind == OWN && (PyObject *)Py_TYPE(arguments[0]) == state->dense)) {
        double stack[STACK], *x = row_open(linear, stack);
        good = x && linear_fill(linear, arguments, x);
        if (good)
            result = linear_dense(linear, x);
        row_close(x, stack);
    } else {
        Actives found;
        actives_init(&found);
        good = linear_gather(linear, arguments, &found) && linear_result(linear, &found, &result);
        actives_close(&found);
    }
    return good ? PyFloat_FromDouble(result) : PyObject_Vectorcall(linear->twin, arguments, flags, names);
}

static void linear_fill_row(const Linear *linear, const Column *columns, Py_ssize_t row, double *x)
{
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Column *column = &columns[i];
        const Segment *segment = &linear->segments[i];
        const double *data = column->data.view.buf;
        double *target = x + segment->start;
        if (segment->kind == SCALAR) {
            *target = data[row];
        } else if (segment->kind == ONEHOT) {
            Py_ssize_t index = column_index(column, row, segment->size);
            if (index >= 0)
                target[index] = 1.0;
        } else if (column->offsets.held) {
            const int64_t *offsets = column->offsets.view.buf;
            const int32_t *indices = column->indices.view.buf;
            for (int64_t k = offsets[row]; k < offsets[row + 1]; k++)
                target[indices[k]] = data[k];
        } else {
            memcpy(target, data + row * column->size, column->size * sizeof(double));
        }
    }
}

static int linear_gather_row(const Linear *linear, const Column *columns, Py_ssize_t row, Actives *found)
{
    found->count = 0;
    for (Py_ssize_t i = 0; i < linear->count; i++) {
        const Column *column = &columns[i];
        const Segment *segment = &linear->segments[i];
        const double *data = column->data.view.buf;
        int64_t first = row, last = row + 1;
        if (column->offsets.held) {
            first = ((const int64_t *)column->offsets.view.buf)[row];
            last = ((const int64_t *)column->offsets.view.buf)[row + 1];
        } else if (segment->kind == VECTOR) {
            first = row * column->size;
            last = first + column->size;
        }
        if (!actives_grow(found, (Py_ssize_t)(last - first)))
            return 0;
        if (segment->kind == ONEHOT) {
            Py_ssize_t index = column_index(column, row, segment->size);
            if (index >= 0)
                actives_add(found, segment->start + index, 1.0);
            continue;
        }
        const int32_t *indices = column->offsets.held ? column->indices.view.buf : NULL;
        for (int64_t k = first; k < last; k++)
            if (data[k] != 0.0)
                actives_add(found, segment->start + (indices ? indices[k] : (Py_ssize_t)(k - first)),
                            data[k]);
    }
    return 1;
}

/* Score rows `start` to `stop`; return 0 without memory. */
static int linear_rows(const Linear *linear, const Column *columns, double *out, Py_ssize_t start,
                       Py_ssize_t stop)
{
    int good = 1;
    if (linear->kind == DENSE) {
        double stack[STACK], *x = row_open(linear, stack);
        if (!x)
            return 0;
        for (Py_ssize_t row = start; row < stop; row++) {
            memset(x, 0, linear->size * sizeof(double));
            linear_fill_row(linear, columns, row, x);
            out[row] = linear_dense(linear, x);
        }
        row_close(x, stack);
        return 1;
    }
    Actives found;
    actives_init(&found);
    for (Py_ssize_t row = start; good && row < stop; row++)
        good = linear_gather_row(linear, columns, row, &found) && linear_result(linear, &found, &out[row]);
    actives_close(&found);
    return good;
}

static PyObject *linear_batch(PyObject *self, PyObject *arguments)
{
    const Linear *linear = (Linear *)self;
    Buffer out;
    Py_ssize_t start, stop;
    if (linear->kind == OWN) {
        PyErr_SetString(PyExc_TypeError, "a batch needs vectors of one kind");
        return NULL;
    }
    Column *columns = batch_open(arguments, linear->segments, linear->count, 1, &out, &start, &stop);
    int good = columns != NULL;
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        good = linear_rows(linear, columns, out.view.buf, start, stop);
        Py_END_ALLOW_THREADS
        if (!good)
            PyErr_NoMemory();
        columns_close(columns, linear->count);
    }
    buffer_close(&out);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

static int linear_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Linear *)self)->twin);
    Py_VISIT(((Linear *)self)->state);
    return 0;
}

static int linear_clear(PyObject *self)
{
    Py_CLEAR(((Linear *)self)->twin);
    return 0;
}

static void linear_dealloc(PyObject *self)
{
    Linear *linear = (Linear *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(linear->twin);
    Py_XDECREF(linear->state);
    PyMem_Free(linear->segments);
    PyMem_Free(linear->weights);
    PyMem_Free(linear->actives);
    type->tp_free(self);
    Py_DECREF(type);
}

/* --- products of sequences ------------------------------------------------------------------------ */

/* f(x): the ordered dot of a tuple or list of floats and weights; a chain is f(start, x), one accumulator. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *twin;
    double *weights;
    Py_ssize_t size;
    int chain;
    Order order;
    Dot dot;
} Product;

INLINE double chained(double total, const double *x, const double *y, Py_ssize_t n, int fused)
{
    for (Py_ssize_t i = 0; i < n; i++)
        total = product_sum(x[i], y[i], total, fused);
    return total;
}

#ifdef X86_FMA
TARGET_FMA static double chain_fused_here(double total, const double *x, const double *y, Py_ssize_t n)
{
    return chained(total, x, y, n, 1);
}
#endif

static double chain(double total, const double *x, const double *y, Py_ssize_t n, int fused)
{
#ifdef X86_FMA
    if (fused && __builtin_cpu_supports("fma"))
        return chain_fused_here(total, x, y, n);
#endif
    return fused ? chained(total, x, y, n, 1) : chained(total, x, y, n, 0);
}

/* Read a float of a tuple or list; return 0 where it is none. */
INLINE int float_item(PyObject *sequence, Py_ssize_t i, int list, double *value)
{
#ifdef Py_GIL_DISABLED
    PyObject *item = list ? PyList_GetItemRef(sequence, i) : Py_NewRef(PyTuple_GET_ITEM(sequence, i));
    if (!item) {
        PyErr_Clear();
        return 0;
    }
#else
    PyObject *item = list ? PyList_GET_ITEM(sequence, i) : PyTuple_GET_ITEM(sequence, i);
#endif
    int good = PyFloat_CheckExact(item);
    if (good)
        *value = PyFloat_AS_DOUBLE(item);
#ifdef Py_GIL_DISABLED
    Py_DECREF(item);
#endif
    return good;
}

static PyObject *product_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Product *product = (Product *)self;
    double stack[STACK], *x = stack, result = 0.0;
    Py_ssize_t size = product->size;
    stack[0] = 0.0;
    int good = PyVectorcall_NARGS(flags) == 1 + product->chain && !(names && PyTuple_GET_SIZE(names)) &&
               (!product->chain || PyFloat_CheckExact(arguments[0]));
    PyObject *sequence = good ? arguments[product->chain] : NULL;
    int list = good && PyList_CheckExact(sequence);
    good = good && (list || PyTuple_CheckExact(sequence)) && Py_SIZE(sequence) == size;
    if (good && size > STACK)
        good = (x = PyMem_Malloc(size * sizeof(double))) != NULL;
    for (Py_ssize_t i = 0; good && i < size; i++)
        good = float_item(sequence, i, list, &x[i]);
    if (good)
        result = product->chain
                     ? chain(PyFloat_AS_DOUBLE(arguments[0]), x, product->weights, size, product->order.fused)
                     : product->dot(x, product->weights, size, product->order);
    if (x != stack)
        PyMem_Free(x);
    return good ? PyFloat_FromDouble(result) : PyObject_Vectorcall(product->twin, arguments, flags, names);
}

static int product_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Product *)self)->twin);
    return 0;
}

static int product_clear(PyObject *self)
{
    Py_CLEAR(((Product *)self)->twin);
    return 0;
}

static void product_dealloc(PyObject *self)
{
    Product *product = (Product *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(product->twin);
    PyMem_Free(product->weights);
    type->tp_free(self);
    Py_DECREF(type);
}

/* --- factors -------------------------------------------------------------------------------------- */

/* f(user, item): the dot of two vectors of float, NaN where an id is unknown. */
typedef struct {
    const int32_t *ids;
    const float *values;
    Py_ssize_t count;
    Buffer id_buffer, value_buffer;
} Side;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Side sides[2];
    Py_ssize_t rank;
} Factors;

static const float *side_find(const Side *side, Py_ssize_t rank, long long id)
{
    Py_ssize_t low = 0, high = side->count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (side->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < side->count && side->ids[low] == id ? side->values + low * rank : NULL;
}

static PyObject *factors_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Factors *factors = (Factors *)self;
    const float *found[2];
    if (PyVectorcall_NARGS(flags) != 2 || (names && PyTuple_GET_SIZE(names))) {
        PyErr_SetString(PyExc_TypeError, "expected a user and an item");
        return NULL;
    }
    for (int k = 0; k < 2; k++) {
        long long id = PyLong_AsLongLong(arguments[k]);
        if (id == -1 && PyErr_Occurred())
            return NULL;
        found[k] = side_find(&factors->sides[k], factors->rank, id);
    }
    if (!found[0] || !found[1])
        return PyFloat_FromDouble(NAN);
    float total = 0.0f;
    for (Py_ssize_t k = 0; k < factors->rank; k++)
        total += found[0][k] * found[1][k];
    return PyFloat_FromDouble((double)total);
}

static void factors_dealloc(PyObject *self)
{
    Factors *factors = (Factors *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (int k = 0; k < 2; k++) {
        buffer_close(&factors->sides[k].id_buffer);
        buffer_close(&factors->sides[k].value_buffer);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static int factors_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (int k = 0; k < 2; k++) {
        Py_VISIT(((Factors *)self)->sides[k].id_buffer.view.obj);
        Py_VISIT(((Factors *)self)->sides[k].value_buffer.view.obj);
    }
    return 0;
}

/* --- rows ----------------------------------------------------------------------------------------- */

/* f(row): the values of a dict under the names of columns, each of its column's class or None.
 *
 * A row that is not a dict, or has more keys or fewer, is arranged first; a value of another class is coerced.
 * Both are done by functions of the caller, which raise what there is to say.
 */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *names, *classes, *coercers; /* tuples of one length */
    PyObject *arrange;
} Reader;

/* Return the value of a key, or NULL with an error set. */
INLINE PyObject *dict_value(PyObject *dict, PyObject *key)
{
    PyObject *value;
#if PY_VERSION_HEX >= 0x030D0000
    PyDict_GetItemRef(dict, key, &value);
#else
    value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
#endif
    if (!value && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, key);
    return value;
}

/* Return a value as its column has it; `value` is taken over. */
static PyObject *coerced(const Reader *reader, Py_ssize_t i, PyObject *value)
{
    PyObject *found;
    if (PyLong_CheckExact(value) && PyTuple_GET_ITEM(reader->classes, i) == (PyObject *)&PyFloat_Type) {
        double number = PyLong_AsDouble(value);
        found = number == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(number);
    } else {
        found = PyObject_CallOneArg(PyTuple_GET_ITEM(reader->coercers, i), value);
    }
    Py_DECREF(value);
    return found;
}

static PyObject *reader_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    const Reader *reader = (Reader *)self;
    Py_ssize_t count = PyTuple_GET_SIZE(reader->names);
    if (PyVectorcall_NARGS(flags) != 1 || (names && PyTuple_GET_SIZE(names))) {
        PyErr_SetString(PyExc_TypeError, "expected a row");
        return NULL;
    }
    PyObject *row = Py_NewRef(arguments[0]);
    if (!PyDict_CheckExact(row) || PyDict_GET_SIZE(row) != count) {
        Py_SETREF(row, PyObject_CallOneArg(reader->arrange, row));
        if (row && !PyDict_CheckExact(row)) {
            PyErr_SetString(PyExc_TypeError, "a row is arranged as a dict");
            Py_CLEAR(row);
        }
    }
    PyObject *values = row ? PyTuple_New(count) : NULL;
    for (Py_ssize_t i = 0; values && i < count; i++) {
        PyObject *value = dict_value(row, PyTuple_GET_ITEM(reader->names, i));
        if (value && value != Py_None && (PyObject *)Py_TYPE(value) != PyTuple_GET_ITEM(reader->classes, i))
            value = coerced(reader, i, value);
        if (value)
            PyTuple_SET_ITEM(values, i, value);
        else
            Py_CLEAR(values);
    }
    Py_XDECREF(row);
    return values;
}

static int reader_traverse(PyObject *self, visitproc visit, void *arg)
{
    Reader *reader = (Reader *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(reader->names);
    Py_VISIT(reader->classes);
    Py_VISIT(reader->coercers);
    Py_VISIT(reader->arrange);
    return 0;
}

static int reader_clear(PyObject *self)
{
    Reader *reader = (Reader *)self;
    Py_CLEAR(reader->names);
    Py_CLEAR(reader->classes);
    Py_CLEAR(reader->coercers);
    Py_CLEAR(reader->arrange);
    return 0;
}

static void reader_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    reader_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef reader_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Reader, vectorcall), READONLY},
    {NULL},
};

/* --- types ---------------------------------------------------------------------------------------- */

#define CALLABLE Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC | \
    Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE

PyDoc_STRVAR(batch_doc,
             "batch(columns, out, start=0, stop=None, /)\n--\n\n"
             "Write the answers of rows start to stop to `out`, a buffer of doubles, without the GIL.\n\n"
             "`columns` is a tuple with a buffer for each segment: doubles, for a one-hot also int32 or int64,\n"
             "for a vector doubles by rows or a tuple of a sparse matrix's offsets (int64), indices (int32)\n"
             "and values.");

static PyMethodDef trees_methods[] = {{"batch", trees_batch, METH_VARARGS, batch_doc}, {NULL}};
static PyMethodDef linear_methods[] = {{"batch", linear_batch, METH_VARARGS, batch_doc}, {NULL}};

static PyMemberDef trees_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Trees, vectorcall), READONLY},
    {"width", T_PYSSIZET, offsetof(Trees, width), READONLY, "How many numbers a row gives."},
    {NULL},
};
static PyMemberDef linear_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Linear, vectorcall), READONLY},
    {"width", T_PYSSIZET, offsetof(Linear, width), READONLY, "How many numbers a row gives: one."},
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
    .name = "sparklet._native.Forest",
    .basicsize = sizeof(Forest),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = forest_slots_,
};

static PyType_Slot trees_slots_[] = {
    {Py_tp_dealloc, trees_dealloc},   {Py_tp_traverse, trees_traverse}, {Py_tp_clear, trees_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, trees_members},   {Py_tp_methods, trees_methods},
    {0, NULL},
};
static PyType_Spec trees_spec = {
    .name = "sparklet._native.Trees",
    .basicsize = sizeof(Trees),
    .flags = CALLABLE,
    .slots = trees_slots_,
};

static PyType_Slot linear_slots_[] = {
    {Py_tp_dealloc, linear_dealloc},  {Py_tp_traverse, linear_traverse}, {Py_tp_clear, linear_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, linear_members},   {Py_tp_methods, linear_methods},
    {0, NULL},
};
static PyType_Spec linear_spec = {
    .name = "sparklet._native.Linear",
    .basicsize = sizeof(Linear),
    .flags = CALLABLE,
    .slots = linear_slots_,
};

static PyType_Slot reader_slots_[] = {
    {Py_tp_dealloc, reader_dealloc}, {Py_tp_traverse, reader_traverse}, {Py_tp_clear, reader_clear},
    {Py_tp_call, PyVectorcall_Call}, {Py_tp_members, reader_members},   {0, NULL},
};
static PyType_Spec reader_spec = {
    .name = "sparklet._native.Reader",
    .basicsize = sizeof(Reader),
    .flags = CALLABLE,
    .slots = reader_slots_,
};

static PyType_Slot product_slots_[] = {
    {Py_tp_dealloc, product_dealloc}, {Py_tp_traverse, product_traverse}, {Py_tp_clear, product_clear},
    {Py_tp_call, PyVectorcall_Call},  {Py_tp_members, product_members},   {0, NULL},
};
static PyType_Spec product_spec = {
    .name = "sparklet._native.Product",
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
    .name = "sparklet._native.Factors",
    .basicsize = sizeof(Factors),
    .flags = CALLABLE,
    .slots = factors_slots_,
};

/* --- the module ----------------------------------------------------------------------------------- */

PyDoc_STRVAR(forest_doc,
             "forest(starts, feature, left, right, categories, splits, bounds, values, /)\n--\n\n"
             "Return the forest of these arrays, whose leaves give `values`; None for what the twin must walk.");

static PyObject *native_forest(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "forest takes %d arrays", ARRAYS);
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)state->forest_type;
    Forest *forest = (Forest *)type->tp_alloc(type, 0);
    if (!forest)
        return NULL;
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

/* Return whether each leaf's value is the number of one of `rows`. */
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

/* Copy the weights of trees or the rows of leaves that an output takes; return 0 with an error set. */
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
    else if (trees->output == ROW || trees->output == VOTES)
        good = trees->columns >= 1 && items % trees->columns == 0 &&
               gives_rows(trees->forest, items / trees->columns);
    else
        trees->columns = 0;
    if (!good)
        PyErr_SetString(PyExc_ValueError, "the table does not fit the forest");
    return good;
}

PyDoc_STRVAR(trees_doc,
             "trees(forest, layout, output, order, table, columns, zero, twin, /)\n--\n\n"
             "Return the function from a layout's segments to what the forest gives: leaves, each, first, row,\n"
             "sum, mean or votes. `twin` is called where an argument is odd.");

static PyObject *native_trees(PyObject *module, PyObject *arguments)
{
    static const char *const outputs[] = {"leaves", "each", "first", "row", "sum", "mean", "votes"};
    State *state = PyModule_GetState(module);
    PyObject *forest, *layout, *table, *twin;
    const char *output;
    Order order;
    Py_ssize_t columns;
    double zero;
    if (!PyArg_ParseTuple(arguments, "O!OsO&OndO", state->forest_type, &forest, &layout, &output,
                          order_converter, &order, &table, &columns, &zero, &twin))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->trees_type;
    Trees *trees = (Trees *)type->tp_alloc(type, 0);
    if (!trees)
        return NULL;
    trees->vectorcall = trees_call;
    trees->forest = (Forest *)Py_NewRef(forest);
    trees->twin = Py_NewRef(twin);
    trees->state = Py_NewRef(module);
    trees->order = order;
    trees->dot = dot_of_order(order);
    trees->columns = columns;
    trees->zero = zero;
    trees->output = -1;
    for (int i = 0; i <= VOTES; i++)
        if (!strcmp(output, outputs[i]))
            trees->output = i;
    if (trees->output < 0) {
        PyErr_Format(PyExc_ValueError, "no output is called %s", output);
        goto failed;
    }
    if (!(trees->segments = segments_from(layout, &trees->count)) || !trees_table(trees, table))
        goto failed;
    trees->width = trees_width(trees);
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
             "linear(weights, actives, size, layout, kind, limit, order, twin, /)\n--\n\n"
             "Return the function from a layout's segments to the dot with `weights`, which are all or those\n"
             "at `actives`. `kind` is dense, sparse, smaller (sparse up to `limit` non-zeros) or own.");

static PyObject *native_linear(PyObject *module, PyObject *arguments)
{
    static const char *const kinds[] = {"dense", "sparse", "smaller", "own"};
    State *state = PyModule_GetState(module);
    PyObject *weights, *actives, *layout, *twin;
    const char *kind;
    Py_ssize_t size, limit;
    Order order;
    if (!PyArg_ParseTuple(arguments, "OOnOsnO&O", &weights, &actives, &size, &layout, &kind, &limit,
                          order_converter, &order, &twin))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->linear_type;
    Linear *linear = (Linear *)type->tp_alloc(type, 0);
    if (!linear)
        return NULL;
    linear->vectorcall = linear_call;
    linear->twin = Py_NewRef(twin);
    linear->state = Py_NewRef(module);
    linear->size = size;
    linear->width = 1;
    linear->limit = limit;
    linear->order = order;
    linear->dot = dot_of_order(order);
    linear->kind = -1;
    for (int i = 0; i <= OWN; i++)
        if (!strcmp(kind, kinds[i]))
            linear->kind = i;
    Buffer buffer;
    int status = open_doubles(&buffer, weights);
    if (status == 0) {
        linear->active_count = buffer_items(&buffer);
        linear->weights = copied(&buffer);
    }
    buffer_close(&buffer);
    if (!linear->weights)
        goto failed;
    if (actives != Py_None) {
        status = open_ints(&buffer, actives);
        Py_ssize_t count = status == 0 ? buffer_items(&buffer) : 0;
        if (status == 0)
            linear->actives = copied(&buffer);
        buffer_close(&buffer);
        if (!linear->actives)
            goto failed;
        int good = count == linear->active_count;
        for (Py_ssize_t k = 0; good && k < count; k++)
            good = linear->actives[k] > (k ? linear->actives[k - 1] : -1) && linear->actives[k] < size;
        if (!good)
            goto wrong;
    } else if (linear->active_count != size) {
        goto wrong;
    }
    if (!(linear->segments = segments_from(layout, &linear->count)))
        goto failed;
    Py_ssize_t end = 0;
    for (Py_ssize_t i = 0; i < linear->count; i++)
        end = linear->segments[i].start + (linear->segments[i].size < 0 ? 0 : linear->segments[i].size);
    if (linear->kind < 0 || size < 0 || end > size ||
        (linear->kind == OWN && (linear->count != 1 || linear->segments[0].kind != VECTOR)))
        goto wrong;
    return (PyObject *)linear;
wrong:
    PyErr_SetString(PyExc_ValueError, "weights, layout and kind do not fit together");
failed:
    Py_DECREF(linear);
    return NULL;
}

PyDoc_STRVAR(product_doc,
             "product(weights, order, chain, twin, /)\n--\n\n"
             "Return f(x), the ordered dot of floats and weights, or f(start, x), a chain with one\n"
             "accumulator.");

static PyObject *native_product(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyObject *weights, *twin;
    Order order;
    int chain;
    if (!PyArg_ParseTuple(arguments, "OO&pO", &weights, order_converter, &order, &chain, &twin))
        return NULL;
    PyTypeObject *type = (PyTypeObject *)state->product_type;
    Product *product = (Product *)type->tp_alloc(type, 0);
    if (!product)
        return NULL;
    product->vectorcall = product_call;
    product->twin = Py_NewRef(twin);
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

/* --- hashes --------------------------------------------------------------------------------------- */

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

/* Write a text as UTF-8, half a surrogate pair as `?`; `bytes` has room for four times its length. */
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

#define LONGEST_TERM 256 /* whose bytes fit the stack */

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
                          "Return Spark's hash of a text's UTF-8 bytes; half a surrogate pair is `?`.");

static PyObject *native_murmur3(PyObject *module, PyObject *arguments)
{
    PyObject *text;
    int legacy, seed;
    int32_t hash;
    if (!PyArg_ParseTuple(arguments, "Upi", &text, &legacy, &seed))
        return NULL;
    return text_hash(text, legacy, (uint32_t)seed, &hash) ? PyLong_FromLong(hash) : PyErr_NoMemory();
}

/* Find the slot of every term; return 0 for what is neither text nor None. */
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

/* Return the pair of tuples (slots, how many terms each has), from slots in ascending order. */
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

/* --- vectors --- */

/* What a module keeps besides objects; its state begins with `State`. */
typedef struct {
    State state;
    Py_ssize_t values_at; /* where a DenseVector has its tuple */
} Kept;

/* Return a DenseVector of a tuple, which is taken over. */
static PyObject *dense_around(const Kept *kept, PyObject *values)
{
    PyTypeObject *type = (PyTypeObject *)kept->state.dense;
    PyObject *vector = values ? type->tp_alloc(type, 0) : NULL;
    if (vector)
        *(PyObject **)((char *)vector + kept->values_at) = values;
    else
        Py_XDECREF(values);
    return vector;
}

PyDoc_STRVAR(reader_doc,
             "reader(names, classes, coercers, arrange, /)\n--\n\n"
             "Return f(row), the tuple of the values that a dict has under names. A value that is neither of\n"
             "its class nor None goes through its coercer; a row that is no dict of so many keys through\n"
             "`arrange`, which gives one that has all names.");

static PyObject *native_reader(PyObject *module, PyObject *arguments)
{
    State *state = PyModule_GetState(module);
    PyObject *names, *classes, *coercers, *arrange;
    if (!PyArg_ParseTuple(arguments, "O!O!O!O", &PyTuple_Type, &names, &PyTuple_Type, &classes, &PyTuple_Type,
                          &coercers, &arrange))
        return NULL;
    if (PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(classes) ||
        PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(coercers)) {
        PyErr_SetString(PyExc_ValueError, "names, classes and coercers are as many");
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)state->reader_type;
    Reader *reader = (Reader *)type->tp_alloc(type, 0);
    if (!reader)
        return NULL;
    reader->vectorcall = reader_call;
    reader->names = Py_NewRef(names);
    reader->classes = Py_NewRef(classes);
    reader->coercers = Py_NewRef(coercers);
    reader->arrange = Py_NewRef(arrange);
    return (PyObject *)reader;
}

PyDoc_STRVAR(dense_doc, "dense(*elements)\n--\n\nReturn the DenseVector of floats, which are not checked.");

static PyObject *native_dense(PyObject *module, PyObject *const *elements, Py_ssize_t size)
{
    PyObject *values = PyTuple_New(size);
    for (Py_ssize_t i = 0; values && i < size; i++) {
        Py_INCREF(elements[i]);
        PyTuple_SET_ITEM(values, i, elements[i]);
    }
    return dense_around(PyModule_GetState(module), values);
}

PyDoc_STRVAR(dense_of_doc, "dense_of(elements, /)\n--\n\nReturn the DenseVector of a tuple, whose floats are not checked.");

static PyObject *native_dense_of(PyObject *module, PyObject *values)
{
    if (!PyTuple_CheckExact(values)) {
        PyErr_SetString(PyExc_TypeError, "a DenseVector holds a tuple");
        return NULL;
    }
    Py_INCREF(values);
    return dense_around(PyModule_GetState(module), values);
}

/* Find the slot of `values`, a member that holds an object. */
static int find_values(Kept *kept)
{
    PyObject *member = PyObject_GetAttr(kept->state.dense, kept->state.values);
    if (!member)
        return -1;
    int found = Py_TYPE(member) == &PyMemberDescr_Type;
    if (found)
        kept->values_at = ((PyMemberDescrObject *)member)->d_member->offset;
    else
        PyErr_SetString(PyExc_TypeError, "DenseVector.values is not a slot");
    Py_DECREF(member);
    return found ? 0 : -1;
}

PyDoc_STRVAR(exps_doc, "exps(x, out, /)\n--\n\nWrite exp of each of the doubles `x` to `out`, without the GIL.");

static PyObject *native_exps(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    Buffer from, to = {0};
    if (given != 2) {
        PyErr_SetString(PyExc_TypeError, "exps takes 2 arguments");
        return NULL;
    }
    int good = open_doubles(&from, arguments[0]) == 0 && buffer_open(&to, arguments[1], "d", 8, PyBUF_WRITABLE) == 0;
    if (good && buffer_items(&from) != buffer_items(&to)) {
        PyErr_SetString(PyExc_ValueError, "x and out differ in length");
        good = 0;
    }
    if (good) {
        const double *x = from.view.buf;
        double *out = to.view.buf;
        Py_ssize_t count = buffer_items(&from);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < count; i++)
            out[i] = exp(x[i]);
        Py_END_ALLOW_THREADS
    }
    buffer_close(&from);
    buffer_close(&to);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef native_methods[] = {
    {"exps", (PyCFunction)(void (*)(void))native_exps, METH_FASTCALL, exps_doc},
    {"dense", (PyCFunction)(void (*)(void))native_dense, METH_FASTCALL, dense_doc},
    {"dense_of", native_dense_of, METH_O, dense_of_doc},
    {"reader", native_reader, METH_VARARGS, reader_doc},
    {"forest", (PyCFunction)(void (*)(void))native_forest, METH_FASTCALL, forest_doc},
    {"trees", native_trees, METH_VARARGS, trees_doc},
    {"linear", native_linear, METH_VARARGS, linear_doc},
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
    state->reader_type = PyType_FromModuleAndSpec(module, &reader_spec, NULL);
    state->product_type = PyType_FromModuleAndSpec(module, &product_spec, NULL);
    state->factors_type = PyType_FromModuleAndSpec(module, &factors_spec, NULL);
    for (size_t i = 0; i < sizeof(State) / sizeof(PyObject *); i++)
        if (!((PyObject **)state)[i])
            return -1;
    return find_values((Kept *)state);
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
    .m_name = "sparklet._native",
    .m_doc = "The loops that Python is slow at; each has a twin in Python.",
    .m_size = sizeof(Kept),
    .m_methods = native_methods,
    .m_slots = native_slots,
    .m_traverse = native_traverse,
    .m_clear = native_clear,
    .m_free = native_free,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&native_module);
}
