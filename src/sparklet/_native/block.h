/* Programs for a batch: the numeric nodes of a pipeline, computed for one block of rows after another.
 *
 * A register holds a double for each row of a block. An instruction computes a node for all rows of the block, so
 * its own cost is small and the registers stay in the processor's cache. `codegen/blocks.py` generates the code,
 * which is trusted. Opcodes, null and arithmetic are those of programs for one row, see `program.h`.
 *
 * A row that an instruction refuses is marked as failed or dropped. Its other values are computed but not used. */

typedef struct {
    PyObject_HEAD
    PyObject *module, *constants, *dropped;
    int32_t *code, *widths; /* `widths` has the number of doubles of a row in each output */
    double *tables;
    Py_ssize_t registers, scratch, rows; /* `rows` is the size of a block */
    Py_ssize_t inputs, outputs;
    Py_ssize_t entry; /* the start of the instructions, behind the lines of sparse matrices */
} BlockProgram;

/* A column of the batch: numbers, and for each a byte that is 0 for null. */
typedef struct {
    Buffer values, valid;
    char format;
} BlockColumn;

/* The state of a call: the rows of the current block, and its registers. */
typedef struct {
    const BlockProgram *program;
    BlockColumn *inputs, *outputs;
    uint8_t *failed, *dropped; /* of all rows */
    Py_ssize_t first;          /* the first row of the block */
    int32_t rows;
    PyThreadState *thread; /* while the GIL is released */
    const double **at;     /* a register's doubles: its own memory or a part of an input */
    double *memory, *scratch;
} Block;

INLINE double *block_target(const Block *block, int32_t reg)
{
    double *own = block->memory + reg * block->program->rows;
    block->at[reg] = own;
    return own;
}

/* Return an operand's doubles; a negative operand is a constant in the tables, which is repeated in `scratch`. */
INLINE const double *block_operand(const Block *block, int32_t word, double *scratch)
{
    if (word >= 0)
        return block->at[word];
    const double value = block->program->tables[~word];
    for (int32_t i = 0; i < block->rows; i++)
        scratch[i] = value;
    return scratch;
}

/* --- lanes --- */

#define BLOCK_LANES_OF(name, expression)                                                                       \
    case OP_##name:                                                                                            \
        for (int32_t i = 0; i < n; i++) {                                                                      \
            const double x = xs[i], y = ys[each_y ? i : 0], z = zs[each_z ? i : 0];                            \
            (void)y, (void)z;                                                                                  \
            to[i] = (expression);                                                                              \
        }                                                                                                      \
        return;

/* Compute an instruction for n rows; `y` and `z` are the same for all rows unless `each_y` and `each_z` are set. */
INLINE void block_lanes(int opcode, int32_t n, double *RESTRICT to, const double *RESTRICT xs,
                        const double *RESTRICT ys, const double *RESTRICT zs, int each_y, int each_z)
{
    switch (opcode) {
        LANE_OPERATIONS(BLOCK_LANES_OF)
    }
}

/* [opcode, to, x, y, z], where y and z are 0 in instructions that have no such operand */
INLINE void block_run_lanes(const Block *block, const int32_t *code)
{
    int opcode = *code & 0xff;
    int32_t n = block->rows;
    const double *x = block_operand(block, code[2], block->scratch), *tables = block->program->tables;
    const double *y = code[3] < 0 ? tables + ~code[3] : block->at[code[3]];
    const double *z = code[4] < 0 ? tables + ~code[4] : block->at[code[4]];
    double *to = block_target(block, code[1]);
    if (code[3] >= 0 && code[4] >= 0)
        block_lanes(opcode, n, to, x, y, z, 1, 1);
    else if (code[3] >= 0)
        block_lanes(opcode, n, to, x, y, z, 1, 0);
    else if (code[4] >= 0)
        block_lanes(opcode, n, to, x, y, z, 0, 1);
    else
        block_lanes(opcode, n, to, x, y, z, 0, 0);
}

/* [BUCKET, to, x, the start of the splits in the tables, their number] */
static void block_bucket(const Block *block, const int32_t *code)
{
    const double *x = block_operand(block, code[2], block->scratch), *splits = block->program->tables + code[3];
    double *to = block_target(block, code[1]);
    for (int32_t i = 0; i < block->rows; i++)
        to[i] = is_null(x[i]) ? x[i] : (double)splits_below(splits, code[4], x[i]) - 1.0;
}

/* --- functions of the elements of a dense vector --- */

/* [SOFTMAX, NORMALIZE, ARGMAX or FLOAT_..., n, to..., x...]; ARGMAX has one register to write */
static void block_function(const Block *block, const int32_t *code)
{
    int opcode = *code & 0xff;
    int32_t n = code[1], results = opcode == OP_ARGMAX ? 1 : n;
    const int32_t *to = code + 2, *from = to + results;
    double *x = block->scratch, *y = x + n;
    for (int32_t k = 0; k < results; k++)
        block_target(block, to[k]);
    for (int32_t i = 0; i < block->rows; i++) {
        for (int32_t k = 0; k < n; k++)
            x[k] = block->at[from[k]][i];
        if (!function_of_elements(opcode, x, y, n))
            block->failed[block->first + i] |= !block->dropped[block->first + i];
        for (int32_t k = 0; k < results; k++)
            block->memory[to[k] * block->program->rows + i] = y[k];
    }
}
