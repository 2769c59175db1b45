/* Dot products, matrix products and forests of vectors in registers. */

/* A term of a sparse dot product: a number, or the active element of a one-hot segment. */
typedef struct {
    int32_t kind, value, active, size, table;
} Term;

/* The dot product of a vector that is sparse in every row, in the order of the indices. An element that is not
 * stored adds -0.0, which changes no sum. The tables hold the weight of a number, or the products of the values
 * and weights of a one-hot segment. */
static double dot_terms(const Program *program, const Frame *frame, const Term *terms, int32_t count)
{
    double total = 0.0;
    for (int32_t i = 0; i < count; i++) {
        const Term *term = &terms[i];
        double value = frame->registers[term->value];
        const double *weights = program->tables + term->table;
        if (term->kind == SCALAR)
            total += frame->registers[term->active] != 0.0 ? value * *weights : -0.0;
        else
            total += value >= 0.0 && value < (double)term->size ? weights[(Py_ssize_t)value] : -0.0;
    }
    return not_null(total);
}

/* Return 0 for values outside the fast path. */
static int dot_of_elements(const Linear *linear, const Elements *elements, double *result)
{
    if (elements->size != linear->size)
        return 0;
    *result = not_null(elements->sparse ? linear_sparse(linear, &elements->stored)
                                        : linear_dense(linear, elements->all));
    return 1;
}

/* --- matrices --- */

enum { BY_ROWS, BY_COLUMNS, SPARSE_ROWS, SPARSE_COLUMNS };

/* The data that code refers to. */
typedef struct {
    const double *tables;
    const int32_t *code;
} Data;

/* matrix · x + start, as `blas.gemv`. The tables hold a dense matrix by rows, however Spark stores it;
  * the values of a sparse matrix are in the tables, its line offsets and indices in the code. */
typedef struct {
    int32_t kind, rows, columns, lanes, fused, vector, values, start, lines;
} Matrix;

#define MATRIX_WORDS ((int)(sizeof(Matrix) / sizeof(int32_t)))

/* One row of `dgemvN`: four columns at a time, in reverse order. */
INLINE double row_fused(const double *row, const double *x, Py_ssize_t n, double total)
{
    Py_ssize_t k = 0;
    for (; k + 4 <= n; k += 4)
        total = fma(x[k], row[k], fma(x[k + 1], row[k + 1], fma(x[k + 2], row[k + 2], fma(x[k + 3], row[k + 3], total))));
    for (; k < n; k++)
        total = fma(x[k], row[k], total);
    return total;
}

static double row_fused_plain(const double *row, const double *x, Py_ssize_t n, double total)
{
    return row_fused(row, x, n, total);
}

#ifdef X86_FMA
TARGET_FMA static double row_fused_here(const double *row, const double *x, Py_ssize_t n, double total)
{
    return row_fused(row, x, n, total);
}
#endif

static double row_unfused(const double *row, const double *x, Py_ssize_t n, double total)
{
    Py_ssize_t k = 0;
    for (; k + 4 <= n; k += 4)
        total += x[k] * row[k] + x[k + 1] * row[k + 1] + x[k + 2] * row[k + 2] + x[k + 3] * row[k + 3];
    for (; k < n; k++)
        total += x[k] * row[k];
    return total;
}

static void product_by_columns(const Data *data, const Matrix *matrix, const double *x, double *to)
{
    const double *values = data->tables + matrix->values, *start = data->tables + matrix->start;
    Py_ssize_t rows = matrix->rows, columns = matrix->columns;
    Py_ssize_t fused = !matrix->fused ? 0 : matrix->vector ? rows / matrix->lanes * matrix->lanes : rows;
    double (*row)(const double *, const double *, Py_ssize_t, double) = row_fused_plain;
#ifdef X86_FMA
    if (__builtin_cpu_supports("fma"))
        row = row_fused_here;
#endif
    for (Py_ssize_t i = 0; i < rows; i++)
        to[i] = (i < fused ? row : row_unfused)(values + i * columns, x, columns, start[i]);
}

static void product_by_rows(const Data *data, const Matrix *matrix, const double *x, double *to)
{
    const double *values = data->tables + matrix->values, *start = data->tables + matrix->start;
    Order order = {matrix->vector ? matrix->lanes : 1, matrix->fused, matrix->vector};
    Dot dot = dot_of_order(order);
    for (Py_ssize_t i = 0; i < matrix->rows; i++)
        to[i] = matrix->columns ? dot(x, values + i * matrix->columns, matrix->columns, order) + start[i] : start[i];
}

static void product_of_sparse(const Data *data, const Matrix *matrix, const Actives *x, double *to)
{
    const double *values = data->tables + matrix->values, *start = data->tables + matrix->start;
    for (Py_ssize_t i = 0; i < matrix->rows; i++) {
        const double *row = values + i * matrix->columns;
        double total = 0.0;
        for (Py_ssize_t k = 0; k < x->count; k++)
            total += x->values[k] * row[x->places[k]];
        to[i] = total + start[i];
    }
}

static void sparse_rows(const Data *data, const Matrix *matrix, const Elements *x, double *to)
{
    const double *values = data->tables + matrix->values, *start = data->tables + matrix->start;
    const int32_t *bounds = data->code + matrix->lines, *indices = bounds + matrix->rows + 1;
    for (Py_ssize_t i = 0; i < matrix->rows; i++) {
        double total = 0.0;
        int32_t at = bounds[i], end = bounds[i + 1];
        if (!x->sparse)
            for (; at < end; at++)
                total += values[at] * x->all[indices[at]];
        for (Py_ssize_t k = 0; x->sparse && k < x->stored.count; k++) {
            while (at < end && indices[at] < x->stored.places[k])
                at++;
            if (at < end && indices[at] == x->stored.places[k])
                total += x->stored.values[k] * values[at];
        }
        to[i] = total + start[i];
    }
}

static void sparse_columns(const Data *data, const Matrix *matrix, const Elements *x, double *to)
{
    const double *values = data->tables + matrix->values;
    const int32_t *bounds = data->code + matrix->lines, *indices = bounds + matrix->columns + 1;
    memcpy(to, data->tables + matrix->start, matrix->rows * sizeof(double));
    Py_ssize_t count = x->sparse ? x->stored.count : x->size;
    for (Py_ssize_t k = 0; k < count; k++) {
        Py_ssize_t column = x->sparse ? x->stored.places[k] : k;
        double value = x->sparse ? x->stored.values[k] : x->all[k];
        for (int32_t at = bounds[column]; at < bounds[column + 1]; at++)
            to[indices[at]] += values[at] * value;
    }
}

/* Return 0 for values outside the fast path. */
static int run_product(const Data *data, const Matrix *matrix, const Elements *x, double *to)
{
    if (x->size != matrix->columns)
        return 0;
    if (matrix->kind == SPARSE_ROWS)
        sparse_rows(data, matrix, x, to);
    else if (matrix->kind == SPARSE_COLUMNS)
        sparse_columns(data, matrix, x, to);
    else if (x->sparse)
        product_of_sparse(data, matrix, &x->stored, to);
    else if (matrix->kind == BY_ROWS)
        product_by_rows(data, matrix, x->all, to);
    else
        product_by_columns(data, matrix, x->all, to);
    for (Py_ssize_t i = 0; i < matrix->rows; i++)
        to[i] = not_null(to[i]);
    return 1;
}

/* --- forests --- */

/* Fill the slots of a forest from segments; return 0 for values outside the fast path. */
static int trees_of_shape(const Program *program, const Frame *frame, const Trees *trees, const Shape *shape,
                          double *x)
{
    const Forest *forest = trees->forest;
    Py_ssize_t size;
    int sparse;
    if (!shape_decide(program, frame, shape, &size, &sparse))
        return 0;
    memcpy(x, forest->blank, forest->width * sizeof(double));
    for (int32_t i = 0; i < shape->count; i++) {
        const Piece *piece = &shape->pieces[i];
        int32_t first = trees->slots[2 * i];
        if (first == trees->slots[2 * i + 1])
            continue;
        if (piece->kind == SCALAR) {
            if (!sparse || frame->registers[piece->active] != 0.0)
                put(forest, x, first, of_dense(forest, frame->registers[piece->value]));
        } else {
            Py_ssize_t index = hot_index(frame, piece);
            Py_ssize_t slot = index < 0 ? -1 : trees_slot(trees, i, index);
            if (slot >= 0)
                put(forest, x, slot, hot_value(program, piece, index));
        }
    }
    return 1;
}

/* Write the output of the leaves' values. */
static void trees_result(const Trees *trees, const double *values, double *to)
{
    if (trees->output == EACH)
        memcpy(to, values, trees->forest->trees * sizeof(double));
    else if (trees->output >= ROW)
        trees_row(trees, values, to);
    else
        *to = trees_number(trees, values);
    for (Py_ssize_t i = 0; i < trees->width; i++)
        to[i] = not_null(to[i]);
}

/* Walk the trees and write their output; x and the leaves' values are scratch memory. */
static void trees_answer(const Trees *trees, const double *x, double *values, double *to)
{
    for (Py_ssize_t group = 0; group < trees->forest->groups; group++)
        group_values(trees->forest, group, x, values + group * LANES);
    trees_result(trees, values, to);
}
