/* Snappy's raw format: literals, and copies of unpacked bytes. */

/* The shortest packed form of `size` bytes: a copy element of three bytes unpacks to 64 bytes. */
#define SNAPPY_LEAST(size) ((size) / 22)

/* Unpack to exactly `size` bytes; return 0 for anything else. */
static int snappy_unpack(Cursor packed, uint8_t *out, Py_ssize_t size)
{
    uint8_t *at = out, *end = out + size;
    if (cursor_varint(&packed) != (uint64_t)size)
        return 0;
    while (packed.at < packed.end) {
        int tag = cursor_byte(&packed);
        if ((tag & 3) == 0) {
            uint64_t length = (uint64_t)(tag >> 2) + 1;
            if (length > 60)
                length = (uint64_t)cursor_little(&packed, (int)length - 60) + 1;
            const uint8_t *literal = cursor_take(&packed, length);
            if (!literal || length > (uint64_t)(end - at))
                return 0;
            memcpy(at, literal, length);
            at += length;
            continue;
        }
        uint32_t length = (tag >> 2) + 1, offset;
        if ((tag & 3) == 1) {
            length = ((tag >> 2) & 7) + 4;
            offset = (uint32_t)(tag >> 5) << 8 | cursor_little(&packed, 1);
        } else {
            offset = cursor_little(&packed, (tag & 3) == 2 ? 2 : 4);
        }
        if (packed.bad || offset == 0 || offset > (uint64_t)(at - out) || length > (uint64_t)(end - at))
            return 0;
        if (offset >= length)
            memcpy(at, at - offset, length);
        else
            for (uint8_t *from = at - offset, *stop = from + length; from < stop; from++)
                from[offset] = *from;
        at += length;
    }
    return at == end;
}
