/* Vectors of segments in registers, which may not exist as objects. */

/* A segment: `value` is the register of a number or of a one-hot's index, or the object register of a vector.
 * A sparse vector stores a number when the register `active` is not zero. `table` has the values of a one-hot segment,
 * -1 for 1.0; `object` is the argument that gives the number as an object, see `argument`. */
typedef struct {
    int32_t kind, value, active, size, table, object;
} Piece;

enum { KIND_DENSE, KIND_SPARSE, KIND_COUNTED };

#define BY_RELEASE (-2) /* instead of a limit */

/* A vector in the code. `indices` is a constant, the tuple of the start index of each segment. */
typedef struct {
    int32_t count, size, limit, late, kind, indices;
    Piece pieces[];
} Shape;

/* A vector object of a segment, or of an operand. */
INLINE int open_part(const Program *program, const Frame *frame, int32_t object, Vector *vector)
{
    return vector_open(&kept_of(program)->state, frame->objects[object], vector);
}

INLINE Py_ssize_t hot_index(const Frame *frame, const Piece *piece)
{
    double value = frame->registers[piece->value];
    return value >= 0.0 && value < (double)piece->size ? (Py_ssize_t)value : -1;
}

INLINE double hot_value(const Program *program, const Piece *piece, Py_ssize_t index)
{
    return piece->table < 0 ? 1.0 : program->tables[piece->table + index];
}

/* Count the active elements; return 0 for values outside the fast path. */
static int shape_count(const Program *program, const Frame *frame, const Shape *shape, Py_ssize_t *count,
                       Py_ssize_t *size)
{
    *count = *size = 0;
    for (int32_t i = 0; i < shape->count; i++) {
        const Piece *piece = &shape->pieces[i];
        if (piece->kind == SCALAR) {
            *count += frame->registers[piece->active] != 0.0;
            *size += 1;
        } else if (piece->kind == ONEHOT) {
            *count += hot_index(frame, piece) >= 0;
            *size += piece->size;
        } else {
            Vector part;
            if (!open_part(program, frame, piece->value, &part))
                return 0;
            int good = 1;
            for (Py_ssize_t k = 0; good && k < part.count; k++) {
                Py_ssize_t place;
                double value;
                good = vector_element(&part, k, &place, &value);
                *count += good && value != 0.0;
            }
            good = good && part.size <= PY_SSIZE_T_MAX - *size;
            *size += good ? part.size : 0;
            vector_close(&part);
            if (!good)
                return 0;
        }
    }
    return 1;
}

/* Return whether a vector with `count` active elements of `size` is sparse; see `linalg.sparse_is_smaller`. */
INLINE int shape_is_sparse(const Shape *shape, Py_ssize_t count, Py_ssize_t size)
{
    if (shape->limit != BY_RELEASE)
        return count <= shape->limit;
    return shape->late ? 12.0 * (double)count + 28.0 < 8.0 * (double)size + 12.0
                       : 1.5 * ((double)count + 1.0) < (double)size;
}

/* Determine size and kind; return 0 for values outside the fast path. */
static int shape_decide(const Program *program, const Frame *frame, const Shape *shape, Py_ssize_t *size,
                        int *sparse)
{
    Py_ssize_t count;
    if (shape->kind != KIND_COUNTED) {
        *size = shape->size;
        *sparse = shape->kind == KIND_SPARSE;
        return 1;
    }
    if (!shape_count(program, frame, shape, &count, size))
        return 0;
    *sparse = shape_is_sparse(shape, count, *size);
    return 1;
}

/* Add the stored or the non-zero elements of a vector object; return 0 for values outside the fast path. */
static int add_part(Vector *part, Py_ssize_t start, int zeros, Actives *found)
{
    int good = actives_grow(found, part->count);
    for (Py_ssize_t k = 0; good && k < part->count; k++) {
        Py_ssize_t place;
        double value;
        good = vector_element(part, k, &place, &value);
        if (good && (zeros || value != 0.0))
            actives_add(found, start + place, value);
    }
    return good;
}

/* Write all elements of a vector object, zeros as 0.0; return 0 for values outside the fast path. */
static int fill_part(Vector *part, double *x)
{
    if (part->indices)
        memset(x, 0, part->size * sizeof(double));
    for (Py_ssize_t k = 0; k < part->count; k++) {
        Py_ssize_t place;
        double value;
        if (!vector_element(part, k, &place, &value))
            return 0;
        x[place] = value != 0.0 ? value : 0.0;
    }
    return 1;
}

/* Gather the stored elements of a sparse vector; return 0 for values outside the fast path. */
static int shape_actives(const Program *program, const Frame *frame, const Shape *shape, Actives *found)
{
    Py_ssize_t start = 0;
    if (!actives_grow(found, shape->count))
        return 0;
    for (int32_t i = 0; i < shape->count; i++) {
        const Piece *piece = &shape->pieces[i];
        if (piece->kind == SCALAR) {
            if (frame->registers[piece->active] != 0.0)
                actives_add(found, start, frame->registers[piece->value]);
            start++;
        } else if (piece->kind == ONEHOT) {
            Py_ssize_t index = hot_index(frame, piece);
            if (index >= 0)
                actives_add(found, start + index, hot_value(program, piece, index));
            start += piece->size;
        } else {
            Vector part;
            if (!open_part(program, frame, piece->value, &part))
                return 0;
            int good = add_part(&part, start, 0, found) && actives_grow(found, shape->count - i);
            start += part.size;
            vector_close(&part);
            if (!good)
                return 0;
        }
    }
    return 1;
}

/* Write all elements of a dense vector to x, which is large enough; return 0 for values outside the fast path. */
static int shape_fill(const Program *program, const Frame *frame, const Shape *shape, Py_ssize_t size, double *x)
{
    const double *end = x + size;
    for (int32_t i = 0; i < shape->count; i++) {
        const Piece *piece = &shape->pieces[i];
        if (piece->kind == SCALAR) {
            *x++ = frame->registers[piece->value];
        } else if (piece->kind == ONEHOT) {
            Py_ssize_t index = hot_index(frame, piece);
            memset(x, 0, piece->size * sizeof(double));
            if (index >= 0)
                x[index] = hot_value(program, piece, index);
            x += piece->size;
        } else {
            Vector part;
            if (!open_part(program, frame, piece->value, &part))
                return 0;
            int good = part.size <= end - x && fill_part(&part, x);
            x += part.size;
            vector_close(&part);
            if (!good)
                return 0;
        }
    }
    return 1;
}

/* --- elements for a product --- */

/* The elements of a vector: all elements, or the stored ones when `sparse`. */
typedef struct {
    Py_ssize_t size;
    int sparse;
    double *all;
    Actives stored;
    double stack[STACK];
} Elements;

static void elements_close(Elements *elements)
{
    if (elements->all != elements->stack)
        PyMem_RawFree(elements->all);
    actives_close(&elements->stored);
}

static int elements_room(Elements *elements)
{
    if (elements->size > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(double))
        elements->all = NULL;
    else if (elements->size > STACK)
        elements->all = PyMem_RawMalloc(elements->size * sizeof(double));
    return elements->all != NULL;
}

/* Gather the elements of segments; return 0 for values outside the fast path. Call `elements_close` in any case. */
static int elements_of_shape(const Program *program, const Frame *frame, const Shape *shape, Elements *elements)
{
    elements->all = elements->stack;
    actives_init(&elements->stored);
    if (!shape_decide(program, frame, shape, &elements->size, &elements->sparse))
        return 0;
    if (elements->sparse)
        return shape_actives(program, frame, shape, &elements->stored);
    return elements_room(elements) && shape_fill(program, frame, shape, elements->size, elements->all);
}

/* Gather the elements of an object in the same way. */
static int elements_of_object(const Program *program, PyObject *object, Elements *elements)
{
    Vector vector;
    elements->all = elements->stack;
    actives_init(&elements->stored);
    if (!vector_open(&kept_of(program)->state, object, &vector))
        return 0;
    elements->size = vector.size;
    elements->sparse = vector.indices != NULL;
    int good = elements->sparse ? add_part(&vector, 0, 1, &elements->stored)
                                : elements_room(elements) && vector_fill(&vector, elements->all);
    vector_close(&vector);
    return good;
}

/* --- objects --- */

static PyObject *box_number(const Program *program, const Frame *frame, const Piece *piece)
{
    return argument(program, frame, piece->object);
}

static PyObject *box_hot(const Program *program, const Piece *piece, Py_ssize_t index)
{
    return PyFloat_FromDouble(hot_value(program, piece, index));
}

/* Store a new reference in a tuple; return 0 for NULL. */
INLINE int put_item(PyObject *tuple, Py_ssize_t i, PyObject *item)
{
    if (item)
        PyTuple_SET_ITEM(tuple, i, item);
    return item != NULL;
}

static PyObject *tuple_of_shape(const Program *program, const Frame *frame, const Shape *shape, Py_ssize_t size)
{
    PyObject *values = PyTuple_New(size), *zero = NULL;
    Py_ssize_t start = 0;
    int good = values && (shape->count == size || (zero = PyFloat_FromDouble(0.0)));
    for (int32_t i = 0; good && i < shape->count; i++) {
        const Piece *piece = &shape->pieces[i];
        if (piece->kind == SCALAR) {
            good = put_item(values, start++, box_number(program, frame, piece));
        } else if (piece->kind == ONEHOT) {
            Py_ssize_t index = hot_index(frame, piece);
            if (!zero)
                zero = PyFloat_FromDouble(0.0);
            for (Py_ssize_t k = 0; good && k < piece->size; k++)
                good = put_item(values, start + k, k == index ? box_hot(program, piece, index) : Py_XNewRef(zero));
            start += piece->size;
        } else {
            Vector part;
            if (!open_part(program, frame, piece->value, &part)) {
                good = 0;
                break;
            }
            if (!zero)
                zero = PyFloat_FromDouble(0.0);
            good = zero != NULL;
            for (Py_ssize_t k = 0; good && k < part.size; k++)
                PyTuple_SET_ITEM(values, start + k, Py_NewRef(zero));
            for (Py_ssize_t k = 0; good && k < part.count; k++) {
                Py_ssize_t place;
                double value;
                good = vector_element(&part, k, &place, &value);
                if (good && value != 0.0) {
                    Py_DECREF(zero);
                    PyTuple_SET_ITEM(values, start + place, Py_NewRef(PyTuple_GET_ITEM(part.values, k)));
                }
            }
            start += part.size;
            vector_close(&part);
        }
    }
    Py_XDECREF(zero);
    if (!good)
        Py_CLEAR(values);
    return values;
}

/* The two tuples of a sparse vector under construction. */
typedef struct {
    PyObject *indices, *values;
    Py_ssize_t count;
} Pairs;

INLINE int add_pair(Pairs *pairs, PyObject *index, PyObject *value)
{
    PyTuple_SET_ITEM(pairs->indices, pairs->count, index);
    PyTuple_SET_ITEM(pairs->values, pairs->count, value);
    pairs->count++;
    return index && value;
}

static PyObject *sparse_of_shape(const Program *program, const Frame *frame, const Shape *shape, Py_ssize_t count,
                                 Py_ssize_t size)
{
    Pairs pairs = {PyTuple_New(count), PyTuple_New(count), 0};
    int good = pairs.indices && pairs.values;
    PyObject *indices = constant(program, shape->indices);
    Py_ssize_t start = 0;
    for (int32_t i = 0; good && i < shape->count; i++) {
        const Piece *piece = &shape->pieces[i];
        if (piece->kind == SCALAR) {
            if (frame->registers[piece->active] != 0.0)
                good = add_pair(&pairs, shape->size < 0 ? PyLong_FromSsize_t(start) : Py_NewRef(PyTuple_GET_ITEM(indices, i)),
                                box_number(program, frame, piece));
            start++;
        } else if (piece->kind == ONEHOT) {
            Py_ssize_t index = hot_index(frame, piece);
            if (index >= 0)
                good = add_pair(&pairs, PyLong_FromSsize_t(start + index), box_hot(program, piece, index));
            start += piece->size;
        } else {
            Vector part;
            if (!open_part(program, frame, piece->value, &part)) {
                good = 0;
                break;
            }
            for (Py_ssize_t k = 0; good && k < part.count; k++) {
                Py_ssize_t place;
                double value;
                good = vector_element(&part, k, &place, &value);
                if (good && value != 0.0)
                    good = add_pair(&pairs, PyLong_FromSsize_t(start + place),
                                    Py_NewRef(PyTuple_GET_ITEM(part.values, k)));
            }
            start += part.size;
            vector_close(&part);
        }
    }
    if (!good) {
        Py_CLEAR(pairs.indices);
        Py_CLEAR(pairs.values);
    }
    return sparse_around(kept_of(program), size, pairs.indices, pairs.values);
}

/* Return the vector of segments as an object, NULL for values outside the fast path. */
static PyObject *object_of_shape(const Program *program, const Frame *frame, const Shape *shape)
{
    Py_ssize_t size = shape->size, count = 0;
    if (shape->kind != KIND_DENSE && !shape_count(program, frame, shape, &count, &size))
        return NULL;
    int sparse = shape->kind == KIND_SPARSE || (shape->kind == KIND_COUNTED && shape_is_sparse(shape, count, size));
    return sparse ? sparse_of_shape(program, frame, shape, count, size)
                  : dense_around(kept_of(program), tuple_of_shape(program, frame, shape, size));
}

/* --- element-wise functions of objects --- */

/* The body of a `Map`: operations on a stack of blocks of elements. */
enum { BODY_ITEM, BODY_EACH, BODY_CONSTANT, BODY_ADD, BODY_SUB, BODY_MUL, BODY_DIV, BODY_NEG, BODY_LT, BODY_LE,
       BODY_GT, BODY_GE, BODY_EQ, BODY_NE, BODY_SELECT };

#define BLOCK 32
#define DEEPEST 8

#define BODY(opcode, operands, expression)                                                                     \
    case opcode:                                                                                               \
        top -= (operands) - 1;                                                                                 \
        for (Py_ssize_t i = 0; i < n; i++)                                                                     \
            stack[top - 1][i] = (expression);                                                                  \
        break;

#define FIRST_OF stack[top - 1][i]
#define SECOND_OF stack[top][i]
#define THIRD_OF stack[top + 1][i]

/* Replace n elements of x, which have these indices; NULL for 0, 1, 2 and so on from `first`. */
static void map_block(const Program *program, const int32_t *body, int32_t length, double *x,
                      const Py_ssize_t *indices, Py_ssize_t first, Py_ssize_t n)
{
    double stack[DEEPEST + 1][BLOCK];
    int top = 0;
    for (int32_t step = 0; step < length; step++) {
        int32_t table = body[2 * step + 1];
        const double *values = program->tables + table;
        switch (body[2 * step]) {
        case BODY_ITEM:
            memcpy(stack[top++], x, n * sizeof(double));
            break;
        case BODY_EACH:
            for (Py_ssize_t i = 0; i < n; i++)
                stack[top][i] = values[indices ? indices[i] : first + i];
            top++;
            break;
        case BODY_CONSTANT:
            for (Py_ssize_t i = 0; i < n; i++)
                stack[top][i] = *values;
            top++;
            break;
        BODY(BODY_ADD, 2, FIRST_OF + SECOND_OF)
        BODY(BODY_SUB, 2, FIRST_OF - SECOND_OF)
        BODY(BODY_MUL, 2, FIRST_OF * SECOND_OF)
        BODY(BODY_DIV, 2, FIRST_OF / SECOND_OF)
        BODY(BODY_NEG, 1, -FIRST_OF)
        BODY(BODY_LT, 2, FIRST_OF < SECOND_OF ? 1.0 : 0.0)
        BODY(BODY_LE, 2, FIRST_OF <= SECOND_OF ? 1.0 : 0.0)
        BODY(BODY_GT, 2, FIRST_OF > SECOND_OF ? 1.0 : 0.0)
        BODY(BODY_GE, 2, FIRST_OF >= SECOND_OF ? 1.0 : 0.0)
        BODY(BODY_EQ, 2, FIRST_OF == SECOND_OF ? 1.0 : 0.0)
        BODY(BODY_NE, 2, FIRST_OF != SECOND_OF ? 1.0 : 0.0)
        BODY(BODY_SELECT, 3, FIRST_OF != 0.0 ? SECOND_OF : THIRD_OF)
        }
    }
    memcpy(x, stack[0], n * sizeof(double));
}

/* Return the vector with each element replaced, NULL for values outside the fast path. */
static PyObject *mapped(const Program *program, PyObject *object, Py_ssize_t size, int keeps_zero,
                        const int32_t *body, int32_t length)
{
    const Kept *kept = kept_of(program);
    Elements elements;
    PyObject *result = NULL, *values = NULL;
    int good = elements_of_object(program, object, &elements);
    Actives *stored = &elements.stored;
    if (good && elements.sparse && keeps_zero) {
        Py_ssize_t n = stored->count;
        /* Nothing has checked that the indices ascend. */
        for (Py_ssize_t k = 0; good && k < n; k++)
            good = stored->places[k] < size;
        for (Py_ssize_t k = 0; good && k < n; k += BLOCK)
            map_block(program, body, length, stored->values + k, stored->places + k, 0, n - k < BLOCK ? n - k : BLOCK);
        values = good ? tuple_of(stored->values, n) : NULL;
        if (values)
            result = sparse_around(kept, elements.size, Py_NewRef(slot_of_object(object, kept->sparse_indices_at)), values);
    } else if (good && elements.size <= size) {
        if (elements.sparse) {
            good = elements_room(&elements);
            if (good) {
                memset(elements.all, 0, elements.size * sizeof(double));
                for (Py_ssize_t k = 0; k < stored->count; k++)
                    elements.all[stored->places[k]] = stored->values[k];
            }
        }
        for (Py_ssize_t k = 0; good && k < elements.size; k += BLOCK)
            map_block(program, body, length, elements.all + k, NULL, k,
                      elements.size - k < BLOCK ? elements.size - k : BLOCK);
        result = good ? dense_around(kept, tuple_of(elements.all, elements.size)) : NULL;
    }
    elements_close(&elements);
    return result;
}
