/* Parquet's pages: the levels and values of each column chunk. */

#define BLOCK 1024

/* The hybrid encoding (run length and bit packing) of levels and dictionary indices. */
typedef struct {
    Cursor in;
    int width;
    Py_ssize_t repeats, literals;
    uint32_t value;
    const uint8_t *packed; /* the start of the literals, and the number of bits read */
    uint64_t bit;
} Runs;

static int width_of(uint32_t largest)
{
    int width = 0;
    for (; largest; largest >>= 1)
        width++;
    return width;
}

static int runs_open(Runs *runs)
{
    uint64_t head = cursor_varint(&runs->in), count = head >> 1;
    if (runs->in.bad || count == 0 || count > INT32_MAX)
        return 0;
    if (head & 1) {
        runs->literals = (Py_ssize_t)count * 8;
        runs->packed = cursor_take(&runs->in, count * runs->width);
        runs->bit = 0;
        return runs->packed != NULL;
    }
    runs->repeats = (Py_ssize_t)count;
    runs->value = cursor_little(&runs->in, (runs->width + 7) / 8);
    return !runs->in.bad && (runs->width == 32 || runs->value >> runs->width == 0);
}

/* Return up to 32 bits of the literals. They span up to 5 bytes; 8 bytes are loaded when available. */
static uint32_t runs_literal(const Runs *runs, uint64_t bit, uint32_t mask)
{
    const uint8_t *from = runs->packed + bit / 8;
    uint64_t word = 0;
    if (runs->in.end - from >= 8)
        memcpy(&word, from, 8);
    else
        for (int i = 0; i < runs->in.end - from; i++)
            word |= (uint64_t)from[i] << (8 * i);
    return (uint32_t)(word >> (bit % 8)) & mask;
}

/* Read the next `count` numbers; return 0 when there are fewer. */
static int runs_take(Runs *runs, uint32_t *out, Py_ssize_t count)
{
    const uint32_t mask = (uint32_t)(((uint64_t)1 << runs->width) - 1);
    while (count) {
        if (!runs->repeats && !runs->literals && !runs_open(runs))
            return 0;
        Py_ssize_t *left = runs->repeats ? &runs->repeats : &runs->literals;
        Py_ssize_t here = *left < count ? *left : count;
        if (runs->repeats) {
            for (Py_ssize_t i = 0; i < here; i++)
                out[i] = runs->value;
        } else {
            for (Py_ssize_t i = 0; i < here; i++, runs->bit += runs->width)
                out[i] = runs_literal(runs, runs->bit, mask);
        }
        *left -= here;
        out += here;
        count -= here;
    }
    return 1;
}

/* Unpack the levels of a page; return the count of the largest level, -1 for damage. */
static Py_ssize_t read_levels(Cursor in, int largest, uint8_t *out, Py_ssize_t count)
{
    Runs runs = {.in = in, .width = width_of(largest)};
    uint32_t block[BLOCK];
    Py_ssize_t full = 0;
    while (count) {
        if (!runs.repeats && !runs.literals && !runs_open(&runs))
            return -1;
        Py_ssize_t here = count;
        if (runs.repeats) { /* most pages are one run */
            here = runs.repeats < here ? runs.repeats : here;
            if (runs.value > (uint32_t)largest)
                return -1;
            memset(out, (int)runs.value, here);
            full += runs.value == (uint32_t)largest ? here : 0;
            runs.repeats -= here;
        } else {
            here = here < BLOCK ? here : BLOCK;
            here = runs.literals < here ? runs.literals : here;
            if (!runs_take(&runs, block, here))
                return -1;
            for (Py_ssize_t i = 0; i < here; i++) {
                if (block[i] > (uint32_t)largest)
                    return -1;
                out[i] = (uint8_t)block[i];
                full += block[i] == (uint32_t)largest;
            }
        }
        out += here;
        count -= here;
    }
    return full;
}

/* The dictionary of a chunk: numbers as stored, strings as a list. */
typedef struct {
    uint8_t *memory;
    const uint8_t *numbers;
    PyObject *texts;
    Py_ssize_t count;
} Dictionary;

/* Append `count` plain strings to a list. */
static int read_texts(const Leaf *leaf, Cursor *in, Py_ssize_t count, PyObject *list)
{
    for (; count; count--) {
        uint32_t length = cursor_little(in, 4);
        const char *bytes = (const char *)cursor_take(in, length);
        if (!bytes)
            return 0;
        PyObject *text = leaf->utf8 ? PyUnicode_DecodeUTF8(bytes, length, NULL)
                                    : PyBytes_FromStringAndSize(bytes, length);
        if (!text) {
            if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
                return -1;
            PyErr_Clear();
            return 0;
        }
        int status = PyList_Append(list, text);
        Py_DECREF(text);
        if (status < 0)
            return -1;
    }
    return 1;
}

static int read_plain(Leaf *leaf, Cursor *in, Py_ssize_t count)
{
    if (leaf->physical == TEXTS)
        return read_texts(leaf, in, count, leaf->values);
    uint8_t *out = (uint8_t *)PyBytes_AS_STRING(leaf->values) + leaf->filled * leaf->width;
    if (leaf->physical != BOOLEANS) {
        const uint8_t *bytes = cursor_take(in, (uint64_t)count * leaf->width);
        if (bytes && count)
            memcpy(out, bytes, count * leaf->width);
        return bytes != NULL;
    }
    const uint8_t *bits = cursor_take(in, ((uint64_t)count + 7) / 8);
    for (Py_ssize_t i = 0; bits && i < count; i++)
        out[i] = bits[i / 8] >> (i % 8) & 1;
    return bits != NULL;
}

static int read_indices(Leaf *leaf, Cursor *in, Py_ssize_t count, const Dictionary *dictionary)
{
    uint32_t block[BLOCK];
    uint8_t *out = leaf->width ? (uint8_t *)PyBytes_AS_STRING(leaf->values) + leaf->filled * leaf->width : NULL;
    if (!count && in->at == in->end)
        return 1;
    Runs runs = {.width = cursor_byte(in)};
    runs.in = *in;
    if (in->bad || runs.width > 32)
        return 0;
    while (count) {
        Py_ssize_t here = count < BLOCK ? count : BLOCK;
        if (!runs_take(&runs, block, here))
            return 0;
        uint32_t top = 0;
        for (Py_ssize_t i = 0; i < here; i++)
            top = block[i] > top ? block[i] : top;
        if (top >= (uint64_t)dictionary->count)
            return 0;
        if (leaf->width == 8)
            for (Py_ssize_t i = 0; i < here; i++)
                memcpy(out + 8 * i, dictionary->numbers + 8 * (size_t)block[i], 8);
        else if (leaf->width == 4)
            for (Py_ssize_t i = 0; i < here; i++)
                memcpy(out + 4 * i, dictionary->numbers + 4 * (size_t)block[i], 4);
        else
            for (Py_ssize_t i = 0; i < here; i++)
                if (PyList_Append(leaf->values, PyList_GET_ITEM(dictionary->texts, block[i])) < 0)
                    return -1;
        if (out)
            out += here * leaf->width;
        count -= here;
    }
    return 1;
}

enum { DATA_PAGE, INDEX_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2 };
enum { PLAIN_ENCODING = 0, PLAIN_DICTIONARY = 2, RLE_ENCODING = 3, RLE_DICTIONARY = 8 };

/* The fields that `parquet.thrift` requires, a bit for the id of each field. */
enum {
    PAGE_FIELDS = 1 << 1 | 1 << 2 | 1 << 3,
    DATA_FIELDS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4,
    DICTIONARY_FIELDS = 1 << 1 | 1 << 2,
    DATA_V2_FIELDS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6,
};

typedef struct {
    int type, unpacked, packed, checked, count, encoding, level_encodings[2], level_bytes[2], is_packed;
    uint32_t crc;
} Page;

/* Read a header inside a page header; each kind of header has its own field ids. */
static void read_page_fields(Cursor *cursor, Page *page, int type)
{
    Field field = {0};
    page->type = page->type == type ? page->type : -1; /* the header does not match the page type */
    page->is_packed = 1;
    while (thrift_field(cursor, &field)) {
        if (field.id == 1)
            page->count = thrift_int(cursor, &field);
        else if (field.id == (type == DATA_PAGE_V2 ? 4 : 2))
            page->encoding = thrift_int(cursor, &field);
        else if (type == DATA_PAGE && (field.id == 3 || field.id == 4))
            page->level_encodings[field.id - 3] = thrift_int(cursor, &field);
        else if (type == DATA_PAGE_V2 && (field.id == 5 || field.id == 6))
            page->level_bytes[field.id - 5] = thrift_int(cursor, &field);
        else if (type == DATA_PAGE_V2 && field.id == 7)
            page->is_packed = thrift_bool(cursor, &field);
        else if (type == DATA_PAGE_V2 && (field.id == 2 || field.id == 3))
            cursor->bad |= thrift_int(cursor, &field) < 0; /* the numbers of nulls and rows */
        else
            thrift_skip(cursor, field.type, 0);
    }
    if (!thrift_complete(cursor, &field,
                         type == DATA_PAGE         ? DATA_FIELDS
                         : type == DICTIONARY_PAGE ? DICTIONARY_FIELDS
                                                   : DATA_V2_FIELDS))
        cursor->bad = 1;
}

static int read_page(Cursor *cursor, Page *page)
{
    Field field = {0};
    *page = (Page){.type = -1, .unpacked = -1, .packed = -1, .count = -1, .encoding = -1};
    while (thrift_field(cursor, &field)) {
        if (field.id == 1)
            page->type = thrift_int(cursor, &field);
        else if (field.id == 2)
            page->unpacked = thrift_int(cursor, &field);
        else if (field.id == 3)
            page->packed = thrift_int(cursor, &field);
        else if (field.id == 4) {
            page->crc = (uint32_t)thrift_int(cursor, &field);
            page->checked = 1;
        } else if (field.id == 5 || field.id == 7 || field.id == 8) {
            thrift_open(cursor, &field);
            read_page_fields(cursor, page,
                             field.id == 5   ? DATA_PAGE
                             : field.id == 7 ? DICTIONARY_PAGE
                                             : DATA_PAGE_V2);
        } else {
            thrift_skip(cursor, field.type, 0);
        }
    }
    return thrift_complete(cursor, &field, PAGE_FIELDS) && page->unpacked >= 0 && page->packed >= 0 && page->count >= 0;
}

/* Compare a page with its checksum, which covers the stored bytes. */
static int check_page(Parquet *file, const uint8_t *body, const Page *page)
{
    if (!page->checked)
        return 1;
    if (!file->crc32) {
        PyObject *binascii = PyImport_ImportModule("binascii");
        file->crc32 = binascii ? PyObject_GetAttrString(binascii, "crc32") : NULL;
        Py_XDECREF(binascii);
        if (!file->crc32)
            return -1;
    }
    PyObject *bytes = PyMemoryView_FromMemory((char *)body, page->packed, PyBUF_READ);
    PyObject *found = bytes ? PyObject_CallOneArg(file->crc32, bytes) : NULL;
    Py_XDECREF(bytes);
    if (!found)
        return -1;
    unsigned long crc = PyLong_AsUnsignedLong(found);
    Py_DECREF(found);
    if (crc == (unsigned long)-1 && PyErr_Occurred())
        return -1;
    return crc == page->crc;
}

/* Unpack `packed` to `size` bytes: in place, or into memory of `room` bytes, which grows if it is too small. */
static int unpack(Cursor packed, int codec, Py_ssize_t size, uint8_t **memory, Py_ssize_t *room, Cursor *out)
{
    Py_ssize_t packed_size = packed.end - packed.at;
    if (codec == PLAIN_CODEC) {
        *out = packed;
        return packed_size == size;
    }
    if (packed_size < SNAPPY_LEAST(size))
        return 0;
    if (*room < size || !*memory) {
        PyMem_Free(*memory);
        *room = size;
        if (!(*memory = PyMem_Malloc(size ? size : 1))) {
            PyErr_NoMemory();
            return -1;
        }
    }
    *out = (Cursor){.at = *memory, .end = *memory + size};
    return snappy_unpack(packed, *memory, size);
}

static int read_dictionary(const Leaf *leaf, const Chunk *chunk, const Page *page, Cursor packed,
                           Dictionary *dictionary)
{
    Cursor in;
    Py_ssize_t room = 0;
    if (dictionary->numbers || dictionary->texts || leaf->physical == BOOLEANS ||
        (page->encoding != PLAIN_ENCODING && page->encoding != PLAIN_DICTIONARY))
        return 0;
    int status = unpack(packed, chunk->codec, page->unpacked, &dictionary->memory, &room, &in);
    if (status <= 0)
        return status;
    dictionary->count = page->count;
    if (leaf->physical != TEXTS)
        return (dictionary->numbers = cursor_take(&in, (uint64_t)page->count * leaf->width)) != NULL;
    dictionary->texts = PyList_New(0);
    return dictionary->texts ? read_texts(leaf, &in, page->count, dictionary->texts) : -1;
}

/* Read the levels of a page from `in`; `sizes` are their sizes in bytes, -1 for sizes that precede the levels. */
static int take_levels(Leaf *leaf, Cursor *in, const Page *page, const int *sizes, Py_ssize_t *full)
{
    int largest[] = {leaf->repeated, leaf->defined};
    uint8_t *levels[] = {leaf->repetitions, leaf->definitions};
    *full = page->count;
    for (int k = 0; k < 2; k++) {
        if (sizes[k] < 0 && !largest[k])
            continue;
        uint64_t size = sizes[k] < 0 ? cursor_little(in, 4) : (uint64_t)sizes[k];
        const uint8_t *bytes = cursor_take(in, size);
        if (!bytes)
            return 0;
        if (!largest[k])
            continue;
        *full = read_levels((Cursor){.at = bytes, .end = bytes + size}, largest[k], levels[k] + leaf->done,
                            page->count);
        if (*full < 0)
            return 0;
    }
    return 1;
}

static int read_values(Leaf *leaf, const Page *page, Cursor *in, Py_ssize_t count, const Dictionary *dictionary)
{
    int status = 0;
    if (page->encoding == PLAIN_ENCODING)
        status = read_plain(leaf, in, count);
    else if ((page->encoding == PLAIN_DICTIONARY || page->encoding == RLE_DICTIONARY) &&
             (dictionary->numbers || dictionary->texts))
        status = read_indices(leaf, in, count, dictionary);
    leaf->filled += count;
    leaf->done += page->count;
    return status;
}

static int read_data(Parquet *file, Leaf *leaf, const Chunk *chunk, const Page *page, Cursor packed,
                     const Dictionary *dictionary)
{
    static const int in_front[] = {-1, -1};
    Cursor in;
    Py_ssize_t count = page->count;
    int status;
    if (page->type == DATA_PAGE) {
        if ((leaf->defined && page->level_encodings[0] != RLE_ENCODING) ||
            (leaf->repeated && page->level_encodings[1] != RLE_ENCODING))
            return 0;
        status = unpack(packed, chunk->codec, page->unpacked, &file->scratch, &file->scratch_size, &in);
        if (status > 0)
            status = take_levels(leaf, &in, page, in_front, &count);
    } else {
        int sizes[] = {page->level_bytes[1], page->level_bytes[0]};
        if (sizes[0] < 0 || sizes[1] < 0 || !take_levels(leaf, &packed, page, sizes, &count))
            return 0;
        int64_t rest = (int64_t)page->unpacked - sizes[0] - sizes[1];
        if (rest < 0)
            return 0;
        status = unpack(packed, page->is_packed ? chunk->codec : PLAIN_CODEC, rest, &file->scratch,
                        &file->scratch_size, &in);
    }
    return status > 0 ? read_values(leaf, page, &in, count, dictionary) : status;
}

static int read_pages(Parquet *file, Leaf *leaf, const Chunk *chunk, Dictionary *dictionary)
{
    Cursor cursor = {.at = file->data + chunk->start, .end = file->data + chunk->start + chunk->size};
    Py_ssize_t end = leaf->done + chunk->values;
    while (leaf->done < end) {
        Page page;
        if (!read_page(&cursor, &page))
            return 0;
        const uint8_t *body = cursor_take(&cursor, page.packed);
        if (!body)
            return 0;
        int status = check_page(file, body, &page);
        if (status <= 0)
            return status;
        Cursor packed = {.at = body, .end = body + page.packed};
        if (page.type == DICTIONARY_PAGE)
            status = read_dictionary(leaf, chunk, &page, packed, dictionary);
        else if ((page.type == DATA_PAGE || page.type == DATA_PAGE_V2) && page.count <= end - leaf->done)
            status = read_data(file, leaf, chunk, &page, packed, dictionary);
        else
            return 0;
        if (status <= 0)
            return status;
    }
    return 1;
}

/* Return whether the levels of a chunk, from `start` on, are those of `rows` rows. */
static int has_rows(const Leaf *leaf, Py_ssize_t start, Py_ssize_t rows)
{
    if (!leaf->repeated)
        return leaf->done - start == rows;
    if (leaf->done > start && leaf->repetitions[start])
        return 0;
    for (Py_ssize_t i = start; i < leaf->done; i++)
        rows -= leaf->repetitions[i] == 0;
    return rows == 0;
}

/* Unpack one column of all row groups. */
static int read_leaf(Parquet *file, Leaf *leaf)
{
    leaf->values = leaf->physical == TEXTS
                       ? PyList_New(0)
                       : PyBytes_FromStringAndSize(NULL, leaf->entries * leaf->width);
    if (!leaf->values || (leaf->defined && !(leaf->definitions = zeroed(leaf->entries, 1))) ||
        (leaf->repeated && !(leaf->repetitions = zeroed(leaf->entries, 1))))
        return -1;
    for (Py_ssize_t group = 0; group < file->group_count; group++) {
        const Chunk *chunk = &file->chunks[group * file->leaf_count + (leaf - file->leaves)];
        Dictionary dictionary = {0};
        Py_ssize_t start = leaf->done;
        int status = read_pages(file, leaf, chunk, &dictionary);
        PyMem_Free(dictionary.memory);
        Py_XDECREF(dictionary.texts);
        if (status <= 0)
            return status;
        if (!has_rows(leaf, start, file->group_rows[group]))
            return 0;
    }
    return 1;
}
