/* Trees as arrays; a group of trees is walked in parallel. */

/* A set of categories: the start of its bits in the forest's words, and their number. */
typedef struct {
    uint32_t word, bits;
} Set;

/* A node is 16 bytes, four to a cache line. A split goes to `child` where x[slot] <= threshold, else to
  * child + 1. A leaf is its own child: it tests slot 0, which holds -inf, so that trees of different depths are
  * walked in step without a test for the end; its threshold is the value of the leaf. A split by categories
  * tests a slot that holds 0.0 when the feature is in the set, else 1.0. When a feature has too many sets, the
  * node has slot ~s of the feature, and the set instead of the threshold.
  *
  * A forest with views knows missing values. The splits of a feature read it through views, each of which has a
  * slot: see `view_of`. In a forest of floats (XGBoost), features are rounded to float; in a set, bit 0 stands for
  * a missing value and bit c + 1 for values whose whole part is c. In a forest of doubles (LightGBM), a missing
  * value is in no set, and a set tests the whole part of a value that is more than -1. */
typedef struct {
    union {
        double threshold;
        Set set;
    } test;
    int32_t slot, child;
} Node;

/* A slot that holds whether a feature is in a set; `next` is the feature's next member slot, -1 for none. */
typedef struct {
    Set set;
    int32_t next;
} Member;

/* The views of a feature that may be missing: NAN_RIGHT, the value itself, sends NaN right, because NaN is not <= a
 * threshold; NAN_LEFT has -inf for it; NAN_ZERO has 0.0. ZERO_RIGHT and ZERO_LEFT send 0.0 the same way as NaN.
 * In a table, a split by a threshold has -1 - view as its number of categories. */
enum { NAN_RIGHT, NAN_LEFT, NAN_ZERO, ZERO_RIGHT, ZERO_LEFT, VIEWS };

/* `kZeroThreshold` of LightGBM: values up to this magnitude are zero. */
#define LARGEST_ZERO ((double)1e-35f)

#define MEMBERS 64        /* the most sets of one feature that have slots */
#define ALL_MEMBERS 4096  /* the most sets of all features that have slots */

#define HUGE_PAGE ((size_t)1 << 21)
#define LANES 16 /* trees that are walked in parallel, to hide memory latency */
#define STRIDE 8 /* levels between two tests whether all trees reached a leaf */

typedef struct {
    PyObject_HEAD
    void *memory;       /* of the nodes, before alignment */
    Node *nodes;        /* the roots, then each tree's pairs of children, a left one's before a right one's */
    int32_t *depths;    /* of each group of LANES trees */
    int32_t *features;  /* the feature of each slot, ascending */
    uint8_t *nans;      /* a bit for each leaf with value NaN, which its threshold cannot hold; or NULL */
    uint64_t *words;    /* sets of categories */
    Member *members;    /* the slots after those of the features */
    int32_t *heads;     /* the first member slot of each feature, or -1 */
    double *blank;      /* the slots when all features are 0.0 */
    Py_ssize_t trees, groups, slots, placed, member_count;
    Py_ssize_t width;   /* the number of all slots, including the slot of leaves */
    Py_ssize_t first_member; /* the slot of the first member */
    int in_nodes;       /* whether nodes have sets */
    int has_views;      /* whether features may be missing */
    int floats;         /* whether features are rounded to float, in a forest with views */
    float missing;      /* the value that means missing in a forest of floats, beside NaN */
    Py_ssize_t views[VIEWS]; /* the first slot of each view, 0 if no split reads it */
} Forest;

/* Allocate nodes at the start of a cache line, so that the two children of a node share a line. */
static int nodes_alloc(Forest *forest, Py_ssize_t count)
{
    size_t align = 64, size = (size_t)count * sizeof(Node);
#ifdef MADV_HUGEPAGE
    /* A walk through a large forest touches more pages than the TLB holds, unless the pages are huge. */
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
        /* Children come after their parents, so every walk ends. */
        int64_t start = tables->bounds[i], end = tables->bounds[i + 1];
        good = tables->left[i] > i && tables->left[i] < n && tables->right[i] > i && tables->right[i] < n &&
               start >= 0 && start <= end && end <= tables->split_values &&
               tables->categories[i] >= -VIEWS && (tables->categories[i] >= 0 || end > start);
    }
    if (!good) {
        PyErr_SetString(PyExc_ValueError, "the arrays are not a forest");
        return -1;
    }
    return 0;
}

static int compare_ints(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Return the index of a feature among the slots from `low` on, -1 when no split tests it. */
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
    /* The last feature for each value of the low bits: a filter that leaves few duplicates to sort. */
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

/* Return the number of bits of the set of a split by categories, -1 when a member is not a category; the
 * fallback then walks the forest. `exchange` is set when the set is the one of values that go right. */
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
    /* Spark stores the smaller set: when that is the right one, a value unseen in training goes left. */
    *exchange = end - start > categories / 2;
    return *exchange ? categories : bits;
}

/* Allocate the sets of all splits; return 1 when they are invalid or too large. */
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

/* Write the set of a split; return whether it is the set of values that go right. */
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
    if (forest->floats) {
        if (value != value)
            value = 0.0;
        else if (value >= 0.0 && value < 16777216.0)
            value = (double)((uint32_t)value + 1);
        else
            return 0;
    } else if (forest->has_views && value > -1.0 && value < 2147483648.0) {
        value = (double)(int32_t)value;
    }
    if (!(value >= 0.0 && value < (double)set.bits))
        return 0;
    uint32_t category = (uint32_t)value;
    return (double)category == value &&
           (int)(forest->words[set.word + (category >> 6)] >> (category & 63) & 1);
}

/* Return the slot that holds whether a feature is in a set, -1 if there are too many, -2 without memory. */
static int32_t member_slot(Forest *forest, Py_ssize_t feature, Set set)
{
    Py_ssize_t words = ((Py_ssize_t)set.bits + 63) / 64, count = 0;
    for (int32_t k = forest->heads[feature]; k >= 0; k = forest->members[k].next, count++) {
        Set other = forest->members[k].set;
        if (other.bits == set.bits &&
            !memcmp(forest->words + other.word, forest->words + set.word, words * sizeof(uint64_t)))
            return (int32_t)forest->first_member + k;
    }
    if (count == MEMBERS || forest->member_count == ALL_MEMBERS)
        return -1;
    if (!forest->members && !(forest->members = PyMem_Malloc(ALL_MEMBERS * sizeof(Member))))
        return -2;
    int32_t added = (int32_t)forest->member_count++;
    forest->members[added] = (Member){set, forest->heads[feature]};
    forest->heads[feature] = added;
    return (int32_t)forest->first_member + added;
}

/* Write a split by categories; return whether to exchange its children, -1 without memory. */
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
        /* The set exists already. */
        memset(forest->words + *used, 0, words * sizeof(uint64_t));
        return exchange;
    }
    *used += words;
    return exchange;
}

/* A node to be written: its number in the tables, its index in the nodes and its depth. */
typedef struct {
    int64_t number;
    int32_t index, depth;
} Waiting;

/* Write a leaf; return -1 without memory. */
static int forest_leaf(Forest *forest, Py_ssize_t most, Py_ssize_t index, double value)
{
    Node *node = &forest->nodes[index];
    node->test.threshold = value != value ? 0.0 : value;
    node->slot = 0;
    node->child = (int32_t)index;
    if (value == value)
        return 0;
    if (!forest->nans && !(forest->nans = PyMem_Calloc((most + 7) / 8, 1)))
        return -1;
    forest->nans[index >> 3] |= (uint8_t)(1 << (index & 7));
    return 0;
}

/* Write the nodes; return 1 when they are not trees. */
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
                if (forest_leaf(forest, most, next.index, tables->values[i]) < 0)
                    return -1;
                continue;
            }
            if (end + 2 > most)
                return 1;
            Node *node = &forest->nodes[next.index];
            int exchange = 0, zero;
            if (tables->categories[i] < 0) {
                Py_ssize_t first = forest->has_views ? forest->views[-1 - tables->categories[i]] : 1;
                node->slot = (int32_t)(first + slot_of(forest, tables->feature[i], 0));
                node->test.threshold = tables->splits[tables->bounds[i]];
                zero = 0.0 <= node->test.threshold;
            } else {
                exchange = forest_members(forest, tables, i, node, &used);
                if (exchange < 0)
                    return -1;
                zero = contains(forest, node->slot > 0 ? forest->members[node->slot - forest->first_member].set
                                                       : node->test.set, 0.0);
            }
            node->child = (int32_t)end;
            Waiting yes = {tables->left[i], (int32_t)end, next.depth + 1};
            Waiting no = {tables->right[i], (int32_t)end + 1, next.depth + 1};
            if (exchange) {
                yes.number = tables->right[i];
                no.number = tables->left[i];
            }
            /* Put the child for 0.0 next in memory, because most features of wide vectors are 0.0. */
            waiting[left++] = zero ? no : yes;
            waiting[left++] = zero ? yes : no;
            end += 2;
        }
    }
    forest->placed = end;
    return 0;
}

/* Write a feature as the views see it that splits read. */
INLINE void put_views(const Forest *forest, double *x, Py_ssize_t slot, double value)
{
    const Py_ssize_t *views = forest->views;
    int missing = value != value, zero = missing || fabs(value) <= LARGEST_ZERO;
    if (views[NAN_LEFT])
        x[views[NAN_LEFT] + slot] = missing ? -INFINITY : value;
    if (views[NAN_ZERO])
        x[views[NAN_ZERO] + slot] = missing ? 0.0 : value;
    if (views[ZERO_RIGHT])
        x[views[ZERO_RIGHT] + slot] = zero ? NAN : value;
    if (views[ZERO_LEFT])
        x[views[ZERO_LEFT] + slot] = zero ? -INFINITY : value;
}

/* Return what a forest with views makes of an element of a dense vector. */
INLINE double of_dense(const Forest *forest, double value)
{
    return forest->has_views && !forest->floats && fabs(value) <= LARGEST_ZERO ? 0.0 : value;
}

/* Write a feature to its slots and to the slots of its sets. */
INLINE void put(const Forest *forest, double *x, Py_ssize_t slot, double value)
{
    if (forest->has_views) {
        if (forest->floats) {
            float rounded = (float)value;
            value = rounded == forest->missing ? NAN : (double)rounded;
        }
        put_views(forest, x, slot, value);
    }
    x[1 + slot] = value;
    for (int32_t k = forest->heads[slot]; k >= 0; k = forest->members[k].next)
        x[forest->first_member + k] = contains(forest, forest->members[k].set, value) ? 0.0 : 1.0;
}

/* Write the slots for features that are all 0.0; return -1 without memory. */
static int forest_blank(Forest *forest)
{
    if (forest->members) {
        Member *fitting = PyMem_Realloc(forest->members, forest->member_count * sizeof(Member));
        forest->members = fitting ? fitting : forest->members;
    }
    forest->width = forest->first_member + forest->member_count;
    forest->blank = PyMem_Calloc(forest->width, sizeof(double));
    if (!forest->blank)
        return -1;
    forest->blank[0] = -INFINITY;
    for (Py_ssize_t slot = 0; slot < forest->slots; slot++)
        put(forest, forest->blank, slot, 0.0);
    return 0;
}

/* Give slots to the views that splits read, after those of the values themselves; return the next slot. */
static Py_ssize_t forest_views(Forest *forest, const Tables *tables)
{
    Py_ssize_t next = 1 + forest->slots;
    forest->views[NAN_RIGHT] = 1;
    for (Py_ssize_t i = 0; forest->has_views && i < tables->nodes; i++) {
        int32_t view = -1 - tables->categories[i];
        if (tables->feature[i] < 0 || view < 0 || forest->views[view])
            continue;
        forest->views[view] = next;
        next += forest->slots;
    }
    return next;
}

/* Fill a new forest; return 1 for a forest that only the fallback can walk. */
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
    forest->first_member = forest_views(forest, tables);
    int status = forest->depths && waiting && forest->heads ? forest_sets(forest, tables) : -1;
    if (status == 0) {
        memset(forest->heads, -1, (forest->slots + 1) * sizeof(int32_t));
        status = forest_nodes(forest, tables, waiting);
    }
    PyMem_Free(waiting);
    return status ? status : forest_blank(forest);
}

INLINE int32_t step_threshold(const Node *nodes, const double *x, int32_t index)
{
    const Node *node = &nodes[index];
    return node->child + !(x[node->slot] <= node->test.threshold);
}

INLINE int32_t step_both(const Forest *forest, const Node *nodes, const double *x, int32_t index)
{
    const Node *node = &nodes[index];
    if (node->slot >= 0)
        return node->child + !(x[node->slot] <= node->test.threshold);
    return node->child + !contains(forest, node->test.set, x[~node->slot]);
}

/* Walk a group of trees in parallel; `leaves` receives the index of each tree's leaf. */
INLINE void walk_group(const Forest *forest, Py_ssize_t group, const double *x, int32_t *leaves, int both)
{
    const Node *nodes = forest->nodes;
    int32_t left = forest->depths[group], indices[LANES];
    UNROLL
    for (int lane = 0; lane < LANES; lane++)
        indices[lane] = (int32_t)(group * LANES + lane);
    while (left > 0) {
        int32_t levels = left < STRIDE ? left : STRIDE;
        left -= levels;
        for (; levels > 0; levels--)
            UNROLL
            for (int lane = 0; lane < LANES; lane++)
                indices[lane] = both ? step_both(forest, nodes, x, indices[lane])
                                    : step_threshold(nodes, x, indices[lane]);
        if (left > 0) {
            int ended = 1;
            for (int lane = 0; lane < LANES; lane++)
                ended &= nodes[indices[lane]].slot == 0;
            if (ended)
                break;
        }
    }
    UNROLL
    for (int lane = 0; lane < LANES; lane++)
        leaves[lane] = indices[lane];
}

/* Walk one group and write the values of its leaves. */
static void group_values(const Forest *forest, Py_ssize_t group, const double *x, double *values)
{
    int32_t leaves[LANES];
    if (forest->in_nodes)
        walk_group(forest, group, x, leaves, 1);
    else
        walk_group(forest, group, x, leaves, 0);
    UNROLL
    for (int lane = 0; lane < LANES; lane++)
        values[lane] = forest->nodes[leaves[lane]].test.threshold;
    if (forest->nans)
        for (int lane = 0; lane < LANES; lane++)
            if (forest->nans[leaves[lane] >> 3] >> (leaves[lane] & 7) & 1)
                values[lane] = NAN;
}
