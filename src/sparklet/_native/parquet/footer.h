/* The footer of a Parquet file: the schema in Spark's types, and the offsets of the column chunks.
 *
  * Follows parquet-format's `parquet.thrift` and `LogicalTypes.md` (2.11). The functions return 1, 0 for a file that
  * Arrow must read (damaged, or of a kind that Spark ML does not write), or -1 with an error set. */

#define DEEPEST_COLUMN 12
#define MOST_ELEMENTS (1 << 16)
#define MOST_FIELDS 64 /* the most fields of a struct */

enum { BOOLEANS, INT32S, INT64S, INT96S, FLOATS, DOUBLES, TEXTS, FIXED };
enum { REQUIRED, OPTIONAL, REPEATED };
enum { NO_TYPE = -1, OTHER_TYPE = -2 };
enum { CONVERTED_UTF8 = 0, CONVERTED_MAP = 1, CONVERTED_LIST = 3, CONVERTED_INT_8 = 15, CONVERTED_INT_64 = 18 };
enum { LOGICAL_STRING = 1, LOGICAL_MAP = 2, LOGICAL_LIST = 3, LOGICAL_INTEGER = 10 };
enum { PLAIN_CODEC, SNAPPY_CODEC };

/* One element of the schema. `annotation` is the converted type of older files, which newer files also declare
 * as a logical type; NO_TYPE for none. */
typedef struct {
    const char *name;
    Py_ssize_t length;
    int physical, repetition, children, annotation;
} Element;

/* A column, or a part of one: a leaf has values, a list one child, a map two, a struct any number.
 *
  * Levels are Parquet's: a slot exists from definition level `there` on, and its value is not null from `defined` on.
  * Repetition levels above `repeated` continue a slot. */
typedef struct {
    const Element *element;
    const char *type;
    int there, defined, repeated;
    Py_ssize_t child, sibling; /* nodes; -1 for none */
    Py_ssize_t leaf, leaves;   /* the first leaf below, and the number of leaves */
} Node;

typedef struct {
    int physical, width; /* bytes of an unpacked number, 0 for strings */
    int narrow;          /* bytes of a number in the result */
    int utf8, wanted, defined, repeated;
    Py_ssize_t entries, done, filled;
    uint8_t *definitions, *repetitions;
    PyObject *values; /* the bytes of numbers, or a list; without nulls */
} Leaf;

typedef struct {
    Py_ssize_t start, size, values;
    int codec;
} Chunk;

typedef struct {
    const uint8_t *data;
    Py_ssize_t size, rows, budget, unread;
    Element *elements;
    Node *nodes;
    Leaf *leaves;
    Chunk *chunks;
    Py_ssize_t *group_rows;
    Py_ssize_t element_count, node_count, leaf_count, group_count, next;
    PyObject *columns; /* a tuple of names, or None for all */
    PyObject *crc32;
    uint8_t *scratch; /* for unpacking the current page */
    Py_ssize_t scratch_size;
} Parquet;

static void parquet_free(Parquet *file)
{
    for (Py_ssize_t i = 0; i < file->leaf_count; i++) {
        PyMem_Free(file->leaves[i].definitions);
        PyMem_Free(file->leaves[i].repetitions);
        Py_CLEAR(file->leaves[i].values);
    }
    PyMem_Free(file->elements);
    PyMem_Free(file->nodes);
    PyMem_Free(file->leaves);
    PyMem_Free(file->chunks);
    PyMem_Free(file->group_rows);
    PyMem_Free(file->scratch);
    Py_CLEAR(file->crc32);
}

/* Return zeroed memory for `count` items. */
static void *zeroed(Py_ssize_t count, size_t size)
{
    void *memory = PyMem_Calloc(count ? count : 1, size);
    return memory ? memory : PyErr_NoMemory();
}

/* The required fields of the structs of `parquet.thrift`, a bit for the id of each field. */
enum {
    FILE_FIELDS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4,
    ELEMENT_FIELDS = 1 << 4,
    GROUP_FIELDS = 1 << 1 | 1 << 2 | 1 << 3,
    CHUNK_FIELDS = 1 << 2,
    COLUMN_FIELDS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 9,
};

static int is_utf8(const char *text, Py_ssize_t length)
{
    PyObject *decoded = PyUnicode_DecodeUTF8(text, length, NULL);
    PyErr_Clear();
    Py_XDECREF(decoded);
    return decoded != NULL;
}

/* Read a logical type as the equivalent converted type; OTHER_TYPE when there is none. */
static int read_logical(Cursor *cursor)
{
    Field field = {0}, inner;
    int found = OTHER_TYPE;
    while (thrift_field(cursor, &field)) {
        int bits = 0, is_signed = 0;
        thrift_open(cursor, &field);
        inner = (Field){0};
        while (thrift_field(cursor, &inner)) {
            if (field.id == LOGICAL_INTEGER && inner.id == 1 && inner.type == THRIFT_BYTE)
                bits = cursor_byte(cursor);
            else if (field.id == LOGICAL_INTEGER && inner.id == 2)
                is_signed = thrift_bool(cursor, &inner);
            else
                thrift_skip(cursor, inner.type, 0);
        }
        if (field.id == LOGICAL_STRING)
            found = CONVERTED_UTF8;
        else if (field.id == LOGICAL_MAP)
            found = CONVERTED_MAP;
        else if (field.id == LOGICAL_LIST)
            found = CONVERTED_LIST;
        else if (field.id == LOGICAL_INTEGER && is_signed)
            found = bits == 8 ? 15 : bits == 16 ? 16 : bits == 32 ? 17 : bits == 64 ? 18 : OTHER_TYPE;
    }
    return found;
}

static int read_element(Cursor *cursor, Element *element)
{
    Field field = {0};
    int logical = NO_TYPE;
    *element = (Element){.physical = -1, .annotation = NO_TYPE};
    while (thrift_field(cursor, &field)) {
        if (field.id == 1)
            element->physical = thrift_int(cursor, &field);
        else if (field.id == 3)
            element->repetition = thrift_int(cursor, &field);
        else if (field.id == 4)
            element->name = thrift_text(cursor, &field, &element->length);
        else if (field.id == 5)
            element->children = thrift_int(cursor, &field);
        else if (field.id == 6)
            element->annotation = thrift_int(cursor, &field);
        else if (field.id == 10) {
            thrift_open(cursor, &field);
            logical = read_logical(cursor);
        } else
            thrift_skip(cursor, field.type, 0);
    }
    if (logical != NO_TYPE)
        element->annotation = element->annotation == NO_TYPE || element->annotation == logical ? logical
                                                                                               : OTHER_TYPE;
    return thrift_complete(cursor, &field, ELEMENT_FIELDS) && is_utf8(element->name, element->length) &&
           element->children >= 0 && element->repetition >= REQUIRED && element->repetition <= REPEATED;
}

static int read_schema(Parquet *file, Cursor *cursor, const Field *field)
{
    Py_ssize_t count = thrift_list(cursor, field, THRIFT_STRUCT);
    if (cursor->bad || count < 1 || count > MOST_ELEMENTS || file->elements)
        return 0;
    if (!(file->elements = zeroed(count, sizeof(Element))) || !(file->nodes = zeroed(count, sizeof(Node))) ||
        !(file->leaves = zeroed(count, sizeof(Leaf))))
        return -1;
    file->element_count = count;
    for (Py_ssize_t i = 0; i < count; i++)
        if (!read_element(cursor, &file->elements[i]))
            return 0;
    return 1;
}

/* Return whether a wanted name is the name of the column at the end of `path` or of an enclosing column. */
static int is_wanted(const Parquet *file, const Element **path, int depth)
{
    if (file->columns == Py_None)
        return 1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(file->columns); i++) {
        Py_ssize_t length;
        const char *name = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(file->columns, i), &length);
        if (!name) {
            PyErr_Clear();
            continue;
        }
        for (int k = 0; k < depth; k++) {
            Py_ssize_t part = path[k]->length;
            if (length < part || memcmp(name, path[k]->name, part))
                break;
            if (length == part)
                return 1;
            if (name[part] != '.')
                break;
            name += part + 1;
            length -= part + 1;
        }
    }
    return 0;
}

/* Return Spark's name of a leaf's type, NULL for a type that Arrow must read. */
static const char *leaf_type(const Element *element, Leaf *leaf)
{
    static const char *const integers[] = {"tinyint", "smallint", "int", "bigint"};
    static const int widths[] = {1, 4, 8, 0, 4, 8, 0, 0};
    int annotation = element->annotation;
    if (element->physical < BOOLEANS || element->physical > FIXED)
        return NULL;
    leaf->physical = element->physical;
    leaf->width = leaf->narrow = widths[element->physical];
    switch (element->physical) {
    case INT32S:
        if (annotation == NO_TYPE)
            return "int";
        if (annotation < CONVERTED_INT_8 || annotation >= CONVERTED_INT_64)
            return NULL;
        leaf->narrow = 1 << (annotation - CONVERTED_INT_8);
        return integers[annotation - CONVERTED_INT_8];
    case INT64S:
        return annotation == NO_TYPE || annotation == CONVERTED_INT_64 ? "bigint" : NULL;
    case TEXTS:
        leaf->utf8 = annotation == CONVERTED_UTF8;
        return leaf->utf8 ? "string" : annotation == NO_TYPE ? "binary" : NULL;
    default:
        if (annotation != NO_TYPE)
            return NULL;
        return element->physical == BOOLEANS  ? "boolean"
               : element->physical == FLOATS  ? "float"
               : element->physical == DOUBLES ? "double"
                                              : NULL;
    }
}

static int read_node(Parquet *file, const Element **path, int depth, int there, int defined, int repeated,
                     Py_ssize_t *made);

/* Read the children of a group and link them; `made` receives the first wanted child, -1 for none. */
static int read_children(Parquet *file, int count, const Element **path, int depth, int there, int defined,
                         int repeated, Py_ssize_t *made)
{
    Py_ssize_t *link = made;
    *made = -1;
    for (int i = 0; i < count; i++) {
        int status = read_node(file, path, depth, there, defined, repeated, link);
        if (status <= 0)
            return status;
        if (*link >= 0)
            link = &file->nodes[*link].sibling;
    }
    return 1;
}

static Py_ssize_t siblings(const Parquet *file, Py_ssize_t node)
{
    Py_ssize_t count = 0;
    for (; node >= 0; node = file->nodes[node].sibling)
        count++;
    return count;
}

static int is_named_twice(const Parquet *file, Py_ssize_t node)
{
    for (; node >= 0; node = file->nodes[node].sibling) {
        const Element *one = file->nodes[node].element;
        for (Py_ssize_t next = file->nodes[node].sibling; next >= 0; next = file->nodes[next].sibling) {
            const Element *other = file->nodes[next].element;
            if (one->length == other->length && !memcmp(one->name, other->name, one->length))
                return 1;
        }
    }
    return 0;
}

/* Read the next schema element and its children as a column; `made` receives -1 when it is not wanted. */
static int read_node(Parquet *file, const Element **path, int depth, int there, int defined, int repeated,
                     Py_ssize_t *made)
{
    *made = -1;
    if (file->next == file->element_count || depth == DEEPEST_COLUMN)
        return 0;
    const Element *element = &file->elements[file->next++];
    path[depth++] = element;
    if (element->repetition == REPEATED) /* outside a list: an old notation for lists */
        return 0;
    Node *node = &file->nodes[file->node_count];
    Py_ssize_t self = file->node_count++;
    defined += element->repetition == OPTIONAL;
    *node = (Node){.element = element, .there = there, .defined = defined, .repeated = repeated,
                   .child = -1, .sibling = -1, .leaf = file->leaf_count};
    if (element->physical != -1) {
        Leaf *leaf = &file->leaves[file->leaf_count++];
        node->leaves = 1;
        leaf->defined = defined;
        leaf->repeated = repeated;
        leaf->wanted = is_wanted(file, path, depth);
        node->type = leaf_type(element, leaf);
        if (element->children || (leaf->wanted && !node->type))
            return 0;
        *made = leaf->wanted ? self : -1;
        return 1;
    }
    if (!element->children)
        return 0;
    int children = element->children, is_map = element->annotation == CONVERTED_MAP;
    if (element->annotation == NO_TYPE && children <= MOST_FIELDS) {
        node->type = "struct";
    } else if (is_map || element->annotation == CONVERTED_LIST) {
        node->type = is_map ? "map" : "array";
        if (children != 1 || file->next == file->element_count || depth == DEEPEST_COLUMN)
            return 0;
        const Element *group = &file->elements[file->next++];
        path[depth++] = group;
        children = group->children;
        if (group->repetition != REPEATED || group->physical != -1 || children != 1 + is_map)
            return 0;
        /* Older writers give these names to the element itself, not to a group around it. */
        if (!is_map && ((group->length == 5 && !memcmp(group->name, "array", 5)) ||
                        (group->length > 6 && !memcmp(group->name + group->length - 6, "_tuple", 6))))
            return 0;
        if (is_map && (file->next == file->element_count ||
                       file->elements[file->next].repetition != REQUIRED))
            return 0;
        there = ++defined;
        repeated++;
    } else {
        return 0;
    }
    int status = read_children(file, children, path, depth, there, defined, repeated, &node->child);
    node->leaves = file->leaf_count - node->leaf;
    if (status <= 0)
        return status;
    Py_ssize_t wanted = siblings(file, node->child);
    if ((is_map && wanted == 1) || is_named_twice(file, node->child))
        return 0;
    *made = wanted ? self : -1;
    return 1;
}

static int read_chunk(Parquet *file, Cursor *cursor, const Leaf *leaf, Chunk *chunk)
{
    Field field = {0}, inner;
    int64_t values = -1, size = -1, data = -1, dictionary = 0;
    int physical = -1, codec = -1, described = 0;
    while (thrift_field(cursor, &field)) {
        if (field.id == 3 && !described) {
            thrift_open(cursor, &field);
            described = 1;
            inner = (Field){0};
            while (thrift_field(cursor, &inner)) {
                if (inner.id == 1)
                    physical = thrift_int(cursor, &inner);
                else if (inner.id == 4)
                    codec = thrift_int(cursor, &inner);
                else if (inner.id == 5)
                    values = thrift_long(cursor, &inner);
                else if (inner.id == 7)
                    size = thrift_long(cursor, &inner);
                else if (inner.id == 9)
                    data = thrift_long(cursor, &inner);
                else if (inner.id == 11)
                    dictionary = thrift_long(cursor, &inner);
                else
                    thrift_skip(cursor, inner.type, 0);
            }
            if (!thrift_complete(cursor, &inner, COLUMN_FIELDS))
                return 0;
        } else if (field.id == 2 || (field.id >= 4 && field.id <= 7)) {
            thrift_skip(cursor, field.type, 0);
        } else {
            return 0; /* in another file, or encrypted */
        }
    }
    if (!thrift_complete(cursor, &field, CHUNK_FIELDS) || !described)
        return 0;
    if (!leaf->wanted)
        return 1;
    if (physical != leaf->physical || (codec != PLAIN_CODEC && codec != SNAPPY_CODEC) || values < 0)
        return 0;
    int64_t start = dictionary > 0 && dictionary < data ? dictionary : data;
    /* The file starts with "PAR1", before the first chunk. */
    if (start < 4 || size < 0 || start > file->size || size > file->size - start)
        return 0;
    /* Overlapping chunks could unpack the same bytes many times. */
    if (values > file->budget || size > file->unread)
        return 0;
    file->budget -= values;
    file->unread -= size;
    *chunk = (Chunk){.start = start, .size = size, .values = values, .codec = codec};
    return 1;
}

static int read_group(Parquet *file, Cursor *cursor, Py_ssize_t group)
{
    Field field = {0};
    int64_t rows = -1;
    int chunked = 0;
    while (thrift_field(cursor, &field)) {
        if (field.id == 1 && !chunked) {
            chunked = 1;
            if (thrift_list(cursor, &field, THRIFT_STRUCT) != file->leaf_count)
                return 0;
            for (Py_ssize_t i = 0; i < file->leaf_count; i++) {
                Chunk *chunk = &file->chunks[group * file->leaf_count + i];
                if (!read_chunk(file, cursor, &file->leaves[i], chunk))
                    return 0;
                file->leaves[i].entries += chunk->values;
            }
        } else if (field.id == 3) {
            rows = thrift_long(cursor, &field);
        } else {
            thrift_skip(cursor, field.type, 0);
        }
    }
    if (!thrift_complete(cursor, &field, GROUP_FIELDS) || rows < 0 || rows > file->rows)
        return 0;
    file->group_rows[group] = rows;
    return 1;
}

static int read_groups(Parquet *file, Cursor *cursor, const Field *field)
{
    Py_ssize_t count = thrift_list(cursor, field, THRIFT_STRUCT), left = cursor->end - cursor->at, rows = 0;
    /* A chunk takes more than one byte, so this detects damaged counts. */
    if (cursor->bad || file->chunks || count > left / file->leaf_count)
        return 0;
    if (!(file->chunks = zeroed(count * file->leaf_count, sizeof(Chunk))) ||
        !(file->group_rows = zeroed(count, sizeof(Py_ssize_t))))
        return -1;
    file->group_count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!read_group(file, cursor, i) || file->group_rows[i] > file->rows - rows)
            return 0;
        rows += file->group_rows[i];
    }
    return rows == file->rows;
}

/* Read the footer; `first` receives the first wanted column, -1 for none. */
static int read_footer(Parquet *file, Py_ssize_t *first)
{
    Field field = {0};
    const Element *path[DEEPEST_COLUMN];
    int64_t rows = -1;
    int status;
    if (file->size < 12 || memcmp(file->data, "PAR1", 4) || memcmp(file->data + file->size - 4, "PAR1", 4))
        return 0;
    Cursor tail = {.at = file->data + file->size - 8, .end = file->data + file->size};
    uint32_t length = cursor_little(&tail, 4);
    if (length > (uint64_t)(file->size - 12))
        return 0;
    file->size -= 8;
    Cursor cursor = {.at = file->data + file->size - length, .end = file->data + file->size};
    file->size -= length; /* the pages end where the footer starts */
    file->unread = file->size;
    while (thrift_field(&cursor, &field)) {
        if (field.id == 2) {
            if ((status = read_schema(file, &cursor, &field)) <= 0)
                return status;
            file->next = 1;
            if (file->elements[0].physical != -1 || file->elements[0].annotation != NO_TYPE)
                return 0;
            status = read_children(file, file->elements[0].children, path, 0, 0, 0, 0, first);
            if (status <= 0 || file->next != file->element_count || !file->leaf_count)
                return status < 0 ? -1 : 0;
        } else if (field.id == 3) {
            rows = thrift_long(&cursor, &field);
        } else if (field.id == 4) {
            if (rows < 0 || rows > file->budget || !file->leaf_count)
                return 0;
            file->rows = rows;
            if ((status = read_groups(file, &cursor, &field)) <= 0)
                return status;
        } else if (field.id == 8 || field.id == 9) {
            return 0; /* encrypted, or signed */
        } else {
            thrift_skip(&cursor, field.type, 0);
        }
    }
    return thrift_complete(&cursor, &field, FILE_FIELDS);
}
