/* Instructions of a block for vectors of segments: their kind, dot products, matrix products and forests. */

/* A vector: `value` is the register of a number or of a one-hot's index. A sparse vector stores a number when the
 * register `active` is not zero. `table` has the values of a one-hot segment, -1 for 1.0. */
typedef struct {
    int32_t count, size;
    Term segments[];
} BlockShape;

INLINE Py_ssize_t block_hot_index(const Block *block, const Term *segment, Py_ssize_t row)
{
    double value = block->at[segment->value][row];
    return value >= 0.0 && value < (double)segment->size ? (Py_ssize_t)value : -1;
}

INLINE double block_hot_value(const Block *block, const Term *segment, Py_ssize_t index)
{
    return segment->table < 0 ? 1.0 : block->program->tables[segment->table + index];
}

/* [IS_SPARSE, to, limit, vector] */
static void block_is_sparse(const Block *block, const int32_t *code)
{
    const BlockShape *shape = (const BlockShape *)(code + 3);
    double *to = block_target(block, code[1]);
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = 0.0;
    for (int32_t k = 0; k < shape->count; k++) {
        const Term *segment = &shape->segments[k];
        const double *x = block->at[segment->kind == SCALAR ? segment->active : segment->value];
        const double size = (double)segment->size;
        if (segment->kind == SCALAR)
            for (int32_t i = 0; i < block->rows; i++)
                to[i] += x[i] != 0.0 ? 1.0 : 0.0;
        else
            for (int32_t i = 0; i < block->rows; i++)
                to[i] += (x[i] >= 0.0) & (x[i] < size) ? 1.0 : 0.0;
    }
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = to[i] <= (double)code[2] ? 1.0 : 0.0;
}

/* The kind of a vector in an instruction: dense or sparse in each row, or the register that IS_SPARSE wrote. */
enum { ALWAYS_DENSE = -1, ALWAYS_SPARSE = -2 };

INLINE int block_sparse(const Block *block, int32_t kind, Py_ssize_t row)
{
    return kind < 0 ? kind == ALWAYS_SPARSE : block->at[kind][row] != 0.0;
}

/* --- dot products --- */

/* [DOT_TERMS, to, terms]; see `dot_terms` */
static void block_dot_terms(const Block *block, const int32_t *code)
{
    const BlockShape *shape = (const BlockShape *)(code + 2);
    double *RESTRICT to = block_target(block, code[1]);
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = 0.0;
    for (int32_t k = 0; k < shape->count; k++) {
        const Term *term = &shape->segments[k];
        const double *weights = block->program->tables + term->table, *x = block->at[term->value];
        if (term->kind == SCALAR) {
            const double *active = block->at[term->active], weight = *weights;
            for (int32_t i = 0; i < block->rows; i++)
                to[i] += active[i] != 0.0 ? x[i] * weight : -0.0;
        } else {
            const double size = (double)term->size;
            for (int32_t i = 0; i < block->rows; i++)
                to[i] += x[i] >= 0.0 && x[i] < size ? weights[(Py_ssize_t)x[i]] : -0.0;
        }
    }
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = not_null(to[i]);
}

INLINE const Linear *block_linear(const Block *block, int32_t constant)
{
    return (const Linear *)PyTuple_GET_ITEM(block->program->constants, constant);
}

/* [DOT_BEGIN, n, sums...]; the dot product of dense vectors of numbers, in its BLAS order, see `dot_lanes` */
static void block_dot_begin(const Block *block, const int32_t *code)
{
    for (int32_t lane = 0; lane < code[1]; lane++)
        memset(block_target(block, code[2 + lane]), 0, block->rows * sizeof(double));
}

INLINE void block_dot_elements(const Block *block, const int32_t *code, int fused)
{
    const double *weights = block_linear(block, code[1])->weights + code[2];
    const int32_t n = code[3], lanes = code[4], *sums = code + 5, *x = sums + lanes;
    for (int32_t lane = 0; lane < lanes; lane++) {
        double *RESTRICT sum = block->memory + sums[lane] * block->program->rows;
        int32_t k = lane;
        for (; k + lanes < n; k += 2 * lanes) {
            const double *x0 = block->at[x[k]], *x1 = block->at[x[k + lanes]];
            const double w0 = weights[k], w1 = weights[k + lanes];
            for (int32_t i = 0; i < block->rows; i++)
                sum[i] = product_sum(x1[i], w1, product_sum(x0[i], w0, sum[i], fused), fused);
        }
        for (; k < n; k += lanes) {
            const double *x0 = block->at[x[k]], w0 = weights[k];
            for (int32_t i = 0; i < block->rows; i++)
                sum[i] = product_sum(x0[i], w0, sum[i], fused);
        }
    }
}

/* [DOT_ADD, linear, the index of the first element, n, lanes, sums..., elements...] */
INLINE void block_dot_add(const Block *block, const int32_t *code)
{
    if (block_linear(block, code[1])->order.fused)
        block_dot_elements(block, code, 1);
    else
        block_dot_elements(block, code, 0);
}

INLINE void block_dot_tail(const Block *block, const double *x, double weight, double *RESTRICT to, int fused)
{
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = product_sum(x[i], weight, to[i], fused);
}

/* [DOT_END, to, linear, the index of the first element of the tail, n, lanes, sums..., the tail...] */
INLINE void block_dot_end(const Block *block, const int32_t *code)
{
    const Linear *linear = block_linear(block, code[2]);
    const int32_t n = code[4], lanes = code[5], *sums = code + 6, *tail = sums + lanes;
    double *RESTRICT to = block_target(block, code[1]);
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = lanes == 1 ? block->at[sums[0]][i] : 0.0;
    for (int32_t lane = 0; lanes > 1 && lane < lanes; lane++) {
        const double *sum = block->at[sums[lane]];
        for (int32_t i = 0; i < block->rows; i++)
            to[i] += sum[i];
    }
    for (int32_t k = 0; k < n; k++) {
        const double *x = block->at[tail[k]], weight = linear->weights[code[3] + k];
        if (linear->order.fused && !linear->order.vector)
            block_dot_tail(block, x, weight, to, 1);
        else
            block_dot_tail(block, x, weight, to, 0);
    }
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = not_null(to[i]);
}

/* --- the elements of one row --- */

/* Gather the elements of a row; return 0 without memory. Call `elements_close` in any case. */
static int block_elements(const Block *block, const BlockShape *shape, Py_ssize_t row, int sparse, Elements *elements)
{
    elements->all = elements->stack;
    elements->size = shape->size;
    elements->sparse = sparse;
    actives_init(&elements->stored);
    if (sparse ? !actives_grow(&elements->stored, shape->count) : !elements_room(elements))
        return 0;
    double *x = elements->all;
    Py_ssize_t start = 0;
    for (int32_t k = 0; k < shape->count; k++) {
        const Term *segment = &shape->segments[k];
        if (segment->kind == SCALAR) {
            double value = block->at[segment->value][row];
            if (!sparse)
                x[start] = value;
            else if (block->at[segment->active][row] != 0.0)
                actives_add(&elements->stored, start, value);
            start++;
        } else {
            Py_ssize_t index = block_hot_index(block, segment, row);
            if (!sparse)
                memset(x + start, 0, segment->size * sizeof(double));
            if (index >= 0 && sparse)
                actives_add(&elements->stored, start + index, block_hot_value(block, segment, index));
            else if (index >= 0)
                x[start + index] = block_hot_value(block, segment, index);
            start += segment->size;
        }
    }
    return 1;
}

/* [DOT, to, linear, kind, vector]; return 0 without memory */
static int block_dot(const Block *block, const int32_t *code)
{
    const Linear *linear = block_linear(block, code[2]);
    const BlockShape *shape = (const BlockShape *)(code + 4);
    double *to = block_target(block, code[1]);
    int good = 1;
    for (int32_t i = 0; good && i < block->rows; i++) {
        Elements elements;
        good = block_elements(block, shape, i, block_sparse(block, code[3], i), &elements) &&
               dot_of_elements(linear, &elements, &to[i]);
        elements_close(&elements);
    }
    return good;
}

/* [PRODUCT, matrix, to..., kind, vector]; return 0 without memory */
static int block_product(const Block *block, const int32_t *code)
{
    const Matrix *matrix = (const Matrix *)(code + 1);
    const int32_t *to = code + 1 + MATRIX_WORDS;
    const BlockShape *shape = (const BlockShape *)(to + matrix->rows + 1);
    const Data data = {block->program->tables, block->program->code};
    int good = 1;
    for (int32_t k = 0; k < matrix->rows; k++)
        block_target(block, to[k]);
    for (int32_t i = 0; good && i < block->rows; i++) {
        Elements elements;
        good = block_elements(block, shape, i, block_sparse(block, to[matrix->rows], i), &elements) &&
               run_product(&data, matrix, &elements, block->scratch);
        elements_close(&elements);
        for (int32_t k = 0; good && k < matrix->rows; k++)
            block->memory[to[k] * block->program->rows + i] = block->scratch[k];
    }
    return good;
}

/* --- forests --- */

/* Fill the slots of `count` rows, each `width` doubles apart. */
static void block_slots(const Block *block, const Trees *trees, const BlockShape *shape, int32_t kind, int32_t first,
                        int32_t count, double *x, Py_ssize_t width)
{
    const Forest *forest = trees->forest;
    for (int32_t i = 0; i < count; i++)
        memcpy(x + i * width, forest->blank, forest->width * sizeof(double));
    for (int32_t k = 0; k < shape->count; k++) {
        const Term *segment = &shape->segments[k];
        int32_t slot = trees->slots[2 * k];
        if (slot == trees->slots[2 * k + 1])
            continue;
        for (int32_t i = 0; i < count; i++) {
            int32_t row = first + i;
            if (segment->kind == SCALAR) {
                if (!block_sparse(block, kind, row) || block->at[segment->active][row] != 0.0)
                    put(forest, x + i * width, slot, of_dense(forest, block->at[segment->value][row]));
            } else {
                Py_ssize_t index = block_hot_index(block, segment, row);
                Py_ssize_t place = index < 0 ? -1 : trees_slot(trees, k, index);
                if (place >= 0)
                    put(forest, x + i * width, place, block_hot_value(block, segment, index));
            }
        }
    }
}

/* [TREES, trees, part, to..., kind, vector]. A group of trees scores `part` rows before the next group, so that a
 * forest larger than the processor's cache is fetched once for each part, not for each row. */
static void block_trees(const Block *block, const int32_t *code)
{
    const Trees *trees = (const Trees *)PyTuple_GET_ITEM(block->program->constants, code[1]);
    const Forest *forest = trees->forest;
    const int32_t part = code[2], *to = code + 3;
    const BlockShape *shape = (const BlockShape *)(to + trees->width + 1);
    const Py_ssize_t width = forest->width, leaves = forest->groups * LANES;
    double *x = block->scratch, *values = x + part * width, *result = values + part * leaves;
    for (Py_ssize_t k = 0; k < trees->width; k++)
        block_target(block, to[k]);
    for (int32_t first = 0; first < block->rows; first += part) {
        int32_t count = block->rows - first < part ? block->rows - first : part;
        block_slots(block, trees, shape, to[trees->width], first, count, x, width);
        for (Py_ssize_t group = 0; group < forest->groups; group++)
            for (int32_t i = 0; i < count; i++)
                group_values(forest, group, x + i * width, values + i * leaves + group * LANES);
        for (int32_t i = 0; i < count; i++) {
            trees_result(trees, values + i * leaves, result);
            for (Py_ssize_t k = 0; k < trees->width; k++)
                block->memory[to[k] * block->program->rows + first + i] = result[k];
        }
    }
}
