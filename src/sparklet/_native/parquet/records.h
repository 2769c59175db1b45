/* Convert Parquet's columns to nested arrays: levels become masks and offsets.
 *
 * Each leaf below a node encodes the node's nulls and lists; when leaves disagree, Arrow must read the file. */

/* The slots of a node: whether each slot has a value (a byte each; NULL when all have), and the start and end of
 * its items. */
typedef struct {
    Py_ssize_t slots, nulls;
    PyObject *mask, *offsets;
} Shape;

static void shape_free(Shape *shape)
{
    Py_CLEAR(shape->mask);
    Py_CLEAR(shape->offsets);
}

/* Count a node's slots and nulls from the levels of one leaf; return 0 for items before the first slot. */
static int shape_count(const Leaf *leaf, const Node *node, int is_list, Py_ssize_t rows, Shape *shape)
{
    /* Most columns have no nulls and no empty lists. */
    int full = leaf->filled == leaf->entries && !is_list;
    if (full && (node->repeated == 0 || node->repeated == leaf->repeated)) {
        shape->slots = node->repeated ? leaf->entries : rows;
        return 1;
    }
    for (Py_ssize_t i = 0; i < leaf->entries; i++) {
        int defined = leaf->definitions[i], repeated = leaf->repeated ? leaf->repetitions[i] : 0;
        if (defined < node->there || repeated > node->repeated + is_list)
            continue;
        if (repeated <= node->repeated) {
            shape->slots++;
            shape->nulls += defined < node->defined;
        } else if (!shape->slots || defined <= node->defined) {
            return 0;
        }
    }
    return 1;
}

/* Read a node's shape from the levels of one leaf below it. */
static int shape_read(const Leaf *leaf, const Node *node, int is_list, Py_ssize_t rows, Shape *shape)
{
    *shape = (Shape){0};
    if (!shape_count(leaf, node, is_list, rows, shape))
        return 0;
    if (!shape->nulls && !is_list)
        return 1;
    if ((shape->nulls && !(shape->mask = PyBytes_FromStringAndSize(NULL, shape->slots))) ||
        (is_list && !(shape->offsets = PyBytes_FromStringAndSize(NULL, (shape->slots + 1) * 8))))
        return -1;
    char *mask = shape->mask ? PyBytes_AS_STRING(shape->mask) : NULL;
    char *offsets = is_list ? PyBytes_AS_STRING(shape->offsets) : NULL;
    int64_t items = 0;
    Py_ssize_t slot = 0;
    for (Py_ssize_t i = 0; i < leaf->entries; i++) {
        int defined = leaf->definitions[i], repeated = leaf->repeated ? leaf->repetitions[i] : 0;
        if (defined < node->there || repeated > node->repeated + is_list)
            continue;
        if (repeated <= node->repeated) {
            if (mask)
                mask[slot] = defined >= node->defined;
            if (is_list)
                memcpy(offsets + 8 * slot, &items, 8);
            slot++;
        }
        items += defined > node->defined;
    }
    if (is_list)
        memcpy(offsets + 8 * slot, &items, 8);
    return 1;
}

static int shape_equal(const Shape *one, const Shape *other)
{
    return one->slots == other->slots && one->nulls == other->nulls &&
           (!one->mask ||
            !memcmp(PyBytes_AS_STRING(one->mask), PyBytes_AS_STRING(other->mask), one->slots)) &&
           (!one->offsets || !memcmp(PyBytes_AS_STRING(one->offsets), PyBytes_AS_STRING(other->offsets),
                                     (one->slots + 1) * 8));
}

/* Read a node's shape, on which all unpacked leaves below it must agree. */
static int node_shape(const Parquet *file, const Node *node, int is_list, Shape *shape)
{
    int status = 0, seen = 0;
    for (Py_ssize_t i = node->leaf; i < node->leaf + node->leaves; i++) {
        if (!file->leaves[i].wanted)
            continue;
        Shape other;
        status = shape_read(&file->leaves[i], node, is_list, file->rows, seen ? &other : shape);
        if (seen) {
            status = status > 0 ? shape_equal(shape, &other) : status;
            shape_free(&other);
        }
        seen = 1;
        if (status <= 0)
            break;
    }
    return status;
}

/* Return the mask of a shape, None without nulls. */
static PyObject *mask_of(const Shape *shape)
{
    return Py_NewRef(shape->mask ? shape->mask : Py_None);
}

/* Write the numbers of a leaf to their slots, zero for null. */
static PyObject *spread_numbers(const Leaf *leaf, const Shape *shape)
{
    PyObject *made = PyBytes_FromStringAndSize(NULL, shape->slots * leaf->width);
    if (!made)
        return NULL;
    const char *from = PyBytes_AS_STRING(leaf->values), *mask = PyBytes_AS_STRING(shape->mask);
    char *to = PyBytes_AS_STRING(made);
    for (Py_ssize_t i = 0; i < shape->slots; i++, to += leaf->width) {
        memset(to, 0, leaf->width);
        if (mask[i]) {
            memcpy(to, from, leaf->width);
            from += leaf->width;
        }
    }
    return made;
}

static PyObject *spread_texts(const Leaf *leaf, const Shape *shape)
{
    PyObject *made = PyList_New(shape->slots);
    const char *mask = PyBytes_AS_STRING(shape->mask);
    for (Py_ssize_t i = 0, next = 0; made && i < shape->slots; i++)
        PyList_SET_ITEM(made, i,
                        Py_NewRef(mask[i] ? PyList_GET_ITEM(leaf->values, next++) : Py_None));
    return made;
}

/* Narrow integers, which Parquet stores in four bytes, to one or two bytes. */
static int narrow_numbers(PyObject **values, int narrow)
{
    Py_ssize_t count = PyBytes_GET_SIZE(*values) / 4;
    int32_t limit = (int32_t)1 << (8 * narrow - 1);
    PyObject *made = PyBytes_FromStringAndSize(NULL, count * narrow);
    if (!made)
        return -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        int32_t value;
        memcpy(&value, PyBytes_AS_STRING(*values) + 4 * i, 4);
        if (value < -limit || value >= limit) {
            Py_DECREF(made);
            return 0;
        }
        int8_t byte = (int8_t)value;
        int16_t two = (int16_t)value;
        memcpy(PyBytes_AS_STRING(made) + narrow * i, narrow == 1 ? (void *)&byte : (void *)&two, narrow);
    }
    Py_SETREF(*values, made);
    return 1;
}

static int leaf_values(Leaf *leaf, const Shape *shape, PyObject **values)
{
    if (leaf->filled != shape->slots - shape->nulls)
        return 0;
    if (leaf->physical == TEXTS) {
        *values = shape->nulls ? spread_texts(leaf, shape) : Py_NewRef(leaf->values);
        return *values ? 1 : -1;
    }
    if (shape->nulls) {
        *values = spread_numbers(leaf, shape);
    } else {
        if (_PyBytes_Resize(&leaf->values, leaf->filled * leaf->width) < 0)
            return -1;
        *values = Py_NewRef(leaf->values);
    }
    if (!*values)
        return -1;
    return leaf->narrow < leaf->width ? narrow_numbers(values, leaf->narrow) : 1;
}

static int build_node(Parquet *file, const Node *node, PyObject **made);

/* Return the tuple of a node's children. */
static int build_children(Parquet *file, Py_ssize_t first, PyObject **made)
{
    Py_ssize_t count = siblings(file, first);
    if (!(*made = PyTuple_New(count)))
        return -1;
    for (Py_ssize_t i = 0; i < count; i++, first = file->nodes[first].sibling) {
        PyObject *child = NULL;
        int status = build_node(file, &file->nodes[first], &child);
        if (status <= 0) {
            Py_XDECREF(child);
            return status;
        }
        PyTuple_SET_ITEM(*made, i, child);
    }
    return 1;
}

/* Return a node's tuple: name, type, mask or None, then values, children, or offsets and children. */
static int build_node(Parquet *file, const Node *node, PyObject **made)
{
    int is_list = node->type[0] == 'a' || node->type[0] == 'm', is_leaf = node->child < 0;
    Shape shape = {0};
    PyObject *name = NULL, *parts = NULL, *mask = NULL;
    int status = node_shape(file, node, is_list, &shape);
    if (status > 0)
        status = is_leaf ? leaf_values(&file->leaves[node->leaf], &shape, &parts)
                         : build_children(file, node->child, &parts);
    if (status > 0 && !(name = PyUnicode_DecodeUTF8(node->element->name, node->element->length, NULL))) {
        status = PyErr_ExceptionMatches(PyExc_UnicodeDecodeError) ? 0 : -1;
        if (!status)
            PyErr_Clear();
    }
    if (status > 0) {
        mask = mask_of(&shape);
        *made = is_list ? Py_BuildValue("OsOOO", name, node->type, mask, shape.offsets, parts)
                        : Py_BuildValue("OsOO", name, node->type, mask, parts);
        status = *made ? 1 : -1;
    }
    Py_XDECREF(name);
    Py_XDECREF(parts);
    Py_XDECREF(mask);
    shape_free(&shape);
    return status;
}
