/* SHAP values of trees: TreeSHAP in LightGBM's order of operations, see `stages/lightgbm/shap.py`. */

#define DEEPEST_TREE 1000

/* An element of a path: a feature, its fractions of zeros and ones, and the weight of permutations. */
typedef struct {
    int64_t feature;
    double zero, one, weight;
} Step;

typedef struct {
    Tables tables;
    Buffer counts, expected;
    const double *features;
    double *row; /* what the current tree adds to */
    Py_ssize_t width, deepest;
} Shap;

static void path_extend(Step *path, Py_ssize_t depth, double zero, double one, int64_t feature)
{
    path[depth] = (Step){feature, zero, one, depth ? 0.0 : 1.0};
    for (Py_ssize_t i = depth - 1; i >= 0; i--) {
        path[i + 1].weight += one * path[i].weight * (double)(i + 1) / (double)(depth + 1);
        path[i].weight = zero * path[i].weight * (double)(depth - i) / (double)(depth + 1);
    }
}

static void path_unwind(Step *path, Py_ssize_t depth, Py_ssize_t index)
{
    double one = path[index].one, zero = path[index].zero, portion = path[depth].weight;
    for (Py_ssize_t i = depth - 1; i >= 0; i--) {
        if (one != 0.0) {
            double weight = path[i].weight;
            path[i].weight = portion * (double)(depth + 1) / ((double)(i + 1) * one);
            portion = weight - path[i].weight * zero * (double)(depth - i) / (double)(depth + 1);
        } else {
            path[i].weight = path[i].weight * (double)(depth + 1) / (zero * (double)(depth - i));
        }
    }
    for (Py_ssize_t i = index; i < depth; i++) {
        path[i].feature = path[i + 1].feature;
        path[i].zero = path[i + 1].zero;
        path[i].one = path[i + 1].one;
    }
}

static double path_sum_without(const Step *path, Py_ssize_t depth, Py_ssize_t index)
{
    double one = path[index].one, zero = path[index].zero, portion = path[depth].weight, total = 0.0;
    for (Py_ssize_t i = depth - 1; i >= 0; i--) {
        double share = (double)(depth - i) / (double)(depth + 1);
        if (one != 0.0) {
            double weight = portion * (double)(depth + 1) / ((double)(i + 1) * one);
            total += weight;
            portion = path[i].weight - weight * zero * share;
        } else {
            total += path[i].weight / zero / share;
        }
    }
    return total;
}

static int split_goes_left(const Tables *tables, int64_t node, double x)
{
    int64_t start = tables->bounds[node], end = tables->bounds[node + 1];
    int missing = x != x, zero = missing || fabs(x) <= LARGEST_ZERO;
    if (tables->categories[node] >= 0) {
        if (!(x > -1.0 && x < 2147483648.0))
            return 0;
        double category = (double)(int32_t)x;
        for (int64_t k = start; k < end; k++)
            if (tables->splits[k] == category)
                return 1;
        return 0;
    }
    double threshold = tables->splits[start];
    switch (-1 - tables->categories[node]) {
    case NAN_LEFT:
        return missing || x <= threshold;
    case NAN_ZERO:
        return (missing ? 0.0 : x) <= threshold;
    case ZERO_RIGHT:
        return !zero && x <= threshold;
    case ZERO_LEFT:
        return zero || x <= threshold;
    default:
        return x <= threshold;
    }
}

/* Add what the leaves below a node contribute; return 0 for a tree that is deeper than it should be. `level` is the
 * number of splits above the node, `depth` that of the features in them. */
static int shap_walk(const Shap *shap, int64_t node, Py_ssize_t level, Py_ssize_t depth, const Step *before,
                     Step *path, double zero, double one, int64_t feature)
{
    const Tables *tables = &shap->tables;
    const int64_t *counts = shap->counts.view.buf;
    if (level > shap->deepest)
        return 0;
    memcpy(path, before, depth * sizeof(Step));
    path_extend(path, depth, zero, one, feature);
    if (tables->feature[node] < 0) {
        for (Py_ssize_t i = 1; i <= depth; i++) {
            double weight = path_sum_without(path, depth, i);
            shap->row[path[i].feature] += weight * (path[i].one - path[i].zero) * tables->values[node];
        }
        return 1;
    }
    int64_t tested = tables->feature[node];
    int left = split_goes_left(tables, node, shap->features[tested]);
    int64_t hot = left ? tables->left[node] : tables->right[node];
    int64_t cold = left ? tables->right[node] : tables->left[node];
    double count = (double)counts[node];
    double hot_zero = (double)counts[hot] / count, cold_zero = (double)counts[cold] / count;
    double zero_before = 1.0, one_before = 1.0;
    for (Py_ssize_t i = 0; i <= depth; i++)
        if (path[i].feature == tested) {
            zero_before = path[i].zero;
            one_before = path[i].one;
            path_unwind(path, depth--, i);
            break;
        }
    Step *next = path + depth + 1;
    return shap_walk(shap, hot, level + 1, depth + 1, path, next, hot_zero * zero_before, one_before, tested) &&
           shap_walk(shap, cold, level + 1, depth + 1, path, next, cold_zero * zero_before, 0.0, tested);
}

/* Open the arrays, and check those that a forest does not have. */
static int shap_open(Shap *shap, PyObject *const *arguments)
{
    shap->counts.held = shap->expected.held = 0;
    if (tables_open(&shap->tables, arguments) < 0 || open_longs(&shap->counts, arguments[ARRAYS]) < 0 ||
        open_doubles(&shap->expected, arguments[ARRAYS + 1]) < 0)
        return -1;
    const Tables *tables = &shap->tables;
    int good = buffer_items(&shap->counts) == tables->nodes && buffer_items(&shap->expected) == tables->trees;
    for (Py_ssize_t i = 0; good && i < tables->nodes; i++)
        good = tables->feature[i] < shap->width;
    if (!good)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit the features");
    return good ? 0 : -1;
}

/* Write the SHAP values of every class to `rows`. */
static int shap_rows(Shap *shap, double *rows, Py_ssize_t classes, Step *path)
{
    const double *expected = shap->expected.view.buf;
    for (Py_ssize_t tree = 0; tree < shap->tables.trees; tree++) {
        int64_t root = shap->tables.starts[tree];
        shap->row = rows + tree % classes * (shap->width + 1);
        shap->row[shap->width] += expected[tree];
        if (shap->tables.feature[root] >= 0 && !shap_walk(shap, root, 0, 0, path, path, 1.0, 1.0, -1)) {
            PyErr_SetString(PyExc_ValueError, "a tree is deeper than it should be");
            return -1;
        }
    }
    return 0;
}

static int read_floats(PyObject *list, double *to, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (!PyFloat_CheckExact(item)) {
            PyErr_SetString(PyExc_TypeError, "features are floats");
            return -1;
        }
        to[i] = PyFloat_AS_DOUBLE(item);
    }
    return 0;
}

PyDoc_STRVAR(shap_doc,
             "shap(starts, feature, left, right, categories, splits, bounds, values, counts, expected, features,\n"
             "     classes, deepest, /)\n--\n\n"
             "Return the SHAP values of a list of features: for each class those of the features, and the mean.\n"
             "The trees are those of a forest of doubles that may be missing; `counts` has the training rows of\n"
             "each node.");

static PyObject *native_shap(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    if (count != ARRAYS + 5 || !PyList_CheckExact(arguments[ARRAYS + 2])) {
        PyErr_Format(PyExc_TypeError, "shap takes %d arrays, a list and two numbers", ARRAYS + 2);
        return NULL;
    }
    Shap shap;
    Py_ssize_t width = shap.width = PyList_GET_SIZE(arguments[ARRAYS + 2]);
    Py_ssize_t classes = PyLong_AsSsize_t(arguments[ARRAYS + 3]);
    Py_ssize_t deepest = shap.deepest = PyLong_AsSsize_t(arguments[ARRAYS + 4]);
    if (PyErr_Occurred())
        return NULL;
    if (classes < 1 || deepest < 0 || deepest > DEEPEST_TREE || width >= PY_SSIZE_T_MAX / 16 / classes) {
        PyErr_SetString(PyExc_ValueError, "too many classes or levels");
        return NULL;
    }
    PyObject *result = NULL;
    double *rows = PyMem_Calloc(classes * (width + 1), sizeof(double));
    double *features = PyMem_Malloc((width + 1) * sizeof(double));
    Step *path = PyMem_Malloc((deepest + 1) * (deepest + 2) / 2 * sizeof(Step));
    if (!rows || !features || !path) {
        PyErr_NoMemory();
    } else if (read_floats(arguments[ARRAYS + 2], features, width) == 0) {
        shap.features = features;
        if (shap_open(&shap, arguments) == 0 && shap_rows(&shap, rows, classes, path) == 0)
            result = tuple_of(rows, classes * (width + 1));
        tables_close(&shap.tables);
        buffer_close(&shap.counts);
        buffer_close(&shap.expected);
    }
    PyMem_Free(rows);
    PyMem_Free(features);
    PyMem_Free(path);
    return result;
}
