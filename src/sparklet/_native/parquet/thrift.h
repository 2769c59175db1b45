/* The part of Thrift's compact protocol that Parquet's footer and page headers use.
 *
  * A cursor never leaves its bytes: a read past the end sets `bad`, which is never cleared. */

typedef struct {
    const uint8_t *at, *end;
    int bad;
} Cursor;

typedef struct {
    int id, type;
    uint32_t seen; /* a bit for each id that was read */
} Field;

enum {
    THRIFT_TRUE = 1,
    THRIFT_FALSE,
    THRIFT_BYTE,
    THRIFT_I16,
    THRIFT_I32,
    THRIFT_I64,
    THRIFT_DOUBLE,
    THRIFT_BINARY,
    THRIFT_LIST,
    THRIFT_SET,
    THRIFT_MAP,
    THRIFT_STRUCT,
};

#define DEEPEST_THRIFT 16

static const uint8_t *cursor_take(Cursor *cursor, uint64_t size)
{
    if (cursor->bad || size > (uint64_t)(cursor->end - cursor->at)) {
        cursor->bad = 1;
        return NULL;
    }
    const uint8_t *bytes = cursor->at;
    cursor->at += size;
    return bytes;
}

static int cursor_byte(Cursor *cursor)
{
    const uint8_t *byte = cursor_take(cursor, 1);
    return byte ? *byte : 0;
}

/* Return a little-endian number of up to four bytes. */
static uint32_t cursor_little(Cursor *cursor, int size)
{
    const uint8_t *bytes = cursor_take(cursor, size);
    uint32_t value = 0;
    for (int i = 0; bytes && i < size; i++)
        value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

static uint64_t cursor_varint(Cursor *cursor)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        int byte = cursor_byte(cursor);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return cursor->bad ? 0 : value;
    }
    cursor->bad = 1;
    return 0;
}

static int64_t cursor_zigzag(Cursor *cursor)
{
    uint64_t value = cursor_varint(cursor);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Read the header of a struct's next field, whose id is relative to the last one; return 0 at the end. */
static int thrift_field(Cursor *cursor, Field *field)
{
    int head = cursor_byte(cursor);
    if (cursor->bad || head == 0)
        return 0;
    int64_t id = head >> 4 ? field->id + (head >> 4) : cursor_zigzag(cursor);
    field->type = head & 15;
    if (!field->type || field->type > THRIFT_STRUCT || id < INT16_MIN || id > INT16_MAX)
        cursor->bad = 1;
    field->id = (int)id;
    if (id >= 0 && id < 32)
        field->seen |= (uint32_t)1 << id;
    return !cursor->bad;
}

/* Return whether a struct was read to its end and had the required fields, a bit for each id. */
static int thrift_complete(const Cursor *cursor, const Field *field, uint32_t required)
{
    return !cursor->bad && (field->seen & required) == required;
}

static int64_t thrift_long(Cursor *cursor, const Field *field)
{
    if (field->type != THRIFT_I64)
        cursor->bad = 1;
    return cursor_zigzag(cursor);
}

static int thrift_int(Cursor *cursor, const Field *field)
{
    int64_t value = cursor_zigzag(cursor);
    if (field->type != THRIFT_I32 || value < INT32_MIN || value > INT32_MAX)
        cursor->bad = 1;
    return cursor->bad ? 0 : (int)value;
}

static int thrift_bool(Cursor *cursor, const Field *field)
{
    if (field->type != THRIFT_TRUE && field->type != THRIFT_FALSE)
        cursor->bad = 1;
    return field->type == THRIFT_TRUE;
}

static const char *thrift_text(Cursor *cursor, const Field *field, Py_ssize_t *length)
{
    if (field->type != THRIFT_BINARY)
        cursor->bad = 1;
    uint64_t size = cursor_varint(cursor);
    const uint8_t *bytes = cursor_take(cursor, size);
    *length = bytes ? (Py_ssize_t)size : 0;
    return (const char *)bytes;
}

/* Read the header of a list and return the number of items, each of at least one byte. */
static Py_ssize_t thrift_list(Cursor *cursor, const Field *field, int type)
{
    int head = cursor_byte(cursor);
    uint64_t count = head >> 4 == 15 ? cursor_varint(cursor) : (uint64_t)(head >> 4);
    if (field->type != THRIFT_LIST || (head & 15) != type || count > (uint64_t)(cursor->end - cursor->at))
        cursor->bad = 1;
    return cursor->bad ? 0 : (Py_ssize_t)count;
}

static void thrift_open(Cursor *cursor, const Field *field)
{
    if (field->type != THRIFT_STRUCT)
        cursor->bad = 1;
}

static void thrift_skip(Cursor *cursor, int type, int depth)
{
    Field field = {0};
    uint64_t count;
    int head;
    if (depth > DEEPEST_THRIFT)
        cursor->bad = 1;
    if (cursor->bad)
        return;
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        return;
    case THRIFT_BYTE:
        cursor_byte(cursor);
        return;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        cursor_varint(cursor);
        return;
    case THRIFT_DOUBLE:
        cursor_take(cursor, 8);
        return;
    case THRIFT_BINARY:
        cursor_take(cursor, cursor_varint(cursor));
        return;
    case THRIFT_LIST:
    case THRIFT_SET:
        head = cursor_byte(cursor);
        count = head >> 4 == 15 ? cursor_varint(cursor) : (uint64_t)(head >> 4);
        /* In a list a boolean is a whole byte. */
        head = (head & 15) <= THRIFT_FALSE ? THRIFT_BYTE : head & 15;
        for (; count && !cursor->bad; count--)
            thrift_skip(cursor, head, depth + 1);
        return;
    case THRIFT_STRUCT:
        while (thrift_field(cursor, &field))
            thrift_skip(cursor, field.type, depth + 1);
        return;
    default: /* Parquet has no maps. */
        cursor->bad = 1;
    }
}
