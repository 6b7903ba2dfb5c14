/* Prints a topic's newest value, from docs/memory-layout.md alone: it uses nothing of shm_pub_sub.
 *
 *     cc -std=c11 -O2 examples/c/read_topic.c -o read_topic
 *     ./read_topic robot/speed        # with a number: that many readings, as fast as possible
 */
#define _GNU_SOURCE // F_OFD_GETLK
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 65536, BOOL = 1, INT = 2, FLOAT = 3, RECORD = 5, TEXT = 7, RETAIN = 1, CHUNKS = 4, IN_CHUNK = 128 };
struct header { // at HEADER; only the last two fields ever change
    char magic[8];
    uint32_t version, header_size, type_tag, flags;
    uint64_t elem_size, stride, slots, file_size, pid, created, desc_offset, desc_size;
    int64_t carried_time;
    uint64_t chunks_offset, chunk_stride;
    uint32_t chunks, views, loans, meta_size;
    _Atomic uint64_t head;
    _Atomic uint32_t retired;
};
struct slot { _Atomic uint64_t sequence, time, payload[2]; }; // payload of a chunk: its number, the value's length
_Static_assert(offsetof(struct header, head) == 128, "as in the table");

static int open_topic(const char *name) {
    const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    const char *folder = getenv("SHM_PUB_SUB_DIR");
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/shm_pub_sub.", folder && *folder ? folder : "/dev/shm");
    for (; *name && n < 4096 - 4; name++)
        n += sprintf(path + n, strchr(plain, *name) ? "%c" : "%%%02X", (unsigned char)*name);
    return *name ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static int usable(const struct header *h, uint64_t room) { // room: bytes from the header to the file's end
    int pooled = h->flags & CHUNKS ? 1 : 0;
    uint64_t payload = pooled ? 16 : (h->elem_size + 7) / 8 * 8, end = HEADER + room;
    return !memcmp(h->magic, "SHMPUBSB", 8) && h->version == 3 && h->elem_size > 0 && h->elem_size <= end
        && h->header_size >= sizeof *h && h->header_size <= room && h->header_size % 8 == 0 && h->stride % 8 == 0
        && h->stride >= 16 + payload && h->slots > 0 && h->slots <= (room - h->header_size) / h->stride
        && h->desc_size <= 65536 && h->desc_offset <= end - h->desc_size
        && (h->desc_size == 0 ? h->type_tag <= FLOAT : h->desc_offset >= HEADER)
        && (!pooled || (h->chunks_offset <= end && h->chunk_stride >= IN_CHUNK + h->elem_size
                        && h->chunks <= (end - h->chunks_offset) / h->chunk_stride));
}

// Copies the newest value, of up to elem_size bytes, and returns its number; 0: none yet.
static uint64_t read_newest(const struct header *h, int fd, uint64_t *time, void *value, uint64_t *length) {
    uint64_t k, word[2] = {0, 0}, words = h->flags & CHUNKS ? 2 : (h->elem_size + 7) / 8;
    while ((k = atomic_load_explicit(&h->head, memory_order_acquire)) != 0) {
        const struct slot *s = (const void *)((const char *)h + h->header_size + k % h->slots * h->stride);
        if (atomic_load_explicit(&s->sequence, memory_order_acquire) != 2 * k) continue; // lapped
        *time = atomic_load_explicit(&s->time, memory_order_relaxed);
        for (uint64_t i = 0; i < words; i++) {
            uint64_t *to = h->flags & CHUNKS ? word : value;
            to[i] = atomic_load_explicit(&s->payload[i], memory_order_relaxed);
        }
        *length = h->elem_size;
        if (h->flags & CHUNKS) { // the number of the chunk is 32 bits; what is out of range is of two values
            uint64_t chunk = word[0] & UINT32_MAX;
            *length = word[1];
            off_t at = (off_t)(h->chunks_offset + chunk * h->chunk_stride + IN_CHUNK);
            int sound = chunk < h->chunks && *length <= h->elem_size;
            if (sound && pread(fd, value, *length, at) != (ssize_t)*length) err(1, "cannot read the chunk");
            if (!sound) *length = 0;
        }
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&s->sequence, memory_order_relaxed) == 2 * k) break;
    }
    return k;
}

// A record's descriptor, ended by a NUL, is JSON without white space, and its texts have no escapes.
static const char *behind(const char *d) { // the value at d
    for (int depth = 0;; d++) {
        if (*d == '"') d = strchr(d + 1, '"');
        depth += (*d == '{' || *d == '[') - (*d == '}' || *d == ']');
        if (depth <= 0 && strchr(",:]}", d[1])) return d + 1;
    }
}

static const char *member(const char *object, const char *key) { // its value; NULL: it has none
    size_t n = strlen(key);
    for (const char *d = object + 1; *d == '"'; d += *d == ',') {
        if (!strncmp(d + 1, key, n) && d[n + 1] == '"') return behind(d) + 1;
        d = behind(behind(d) + 1);
    }
    return NULL;
}

static void print_number(char kind, size_t size, const unsigned char *b) {
    uint64_t bits = 0;
    double d = 0;
    float f = 0;
    memcpy(&bits, b, size > 8 ? 8 : size);
    memcpy(size == 8 ? (void *)&d : &f, &bits, size == 8 ? 8 : 4);
    if (kind == 'c') print_number('f', size / 2, b), putchar(' '), print_number('f', size / 2, b + size / 2);
    else if (kind == 'b') printf("%s", bits ? "True" : "False");
    else if (kind == 'i') printf("%" PRId64, (int64_t)(bits << (64 - 8 * size)) >> (64 - 8 * size));
    else if (kind == 'u' || size == 2) printf("%" PRIu64, bits); // of a float16 the bits
    else printf("%.*g", size == 8 ? 17 : 9, size == 8 ? d : f);
}

static void print_field(const char *type, const unsigned char *b) { // "<f8", or an object
    const char *field = *type == '{' ? member(type, "fields") : NULL, *shape, *max, *of;
    if (*type == '"') {
        print_number(type[2], strtoul(type + 3, NULL, 10), b);
    } else if (field != NULL) { // of a record: [["ax","<f8",8],...]
        for (const char *before = "{"; *field != ']'; before = ", ", field = behind(field + 1)) {
            of = behind(field + 2) + 1;
            printf("%s%.*s: ", before, (int)(of - field) - 5, field + 3);
            print_field(of, b + strtoull(behind(of) + 1, NULL, 10));
        }
        printf("}");
    } else {
        uint64_t count = 1, room = UINT64_MAX;
        if ((max = member(type, "max")) != NULL) { // it varies: its length, and behind that the room for the most
            memcpy(&count, b, 8);
            b += 8;
            room = strtoull(max, NULL, 10);
        }
        if (count > room) errx(1, "the value is damaged");
        if (!strncmp(member(type, "kind"), "\"text\"", 6)) {
            printf("\"%.*s\"", (int)count, (const char *)b);
            return;
        }
        for (shape = member(type, "shape"); shape != NULL && shape[1] != ']' && *shape != ']'; shape = behind(shape + 1))
            if (shape[1] != 'n') count *= strtoull(shape + 1, NULL, 10); // null varies
        if ((of = member(type, "dtype")) == NULL) of = "\"<u1\""; // bytes
        uint64_t size = strtoull(*of == '"' ? of + 3 : member(of, "size"), NULL, 10);
        for (uint64_t i = 0; i < count && i < 16; i++) {
            printf("%c", i > 0 ? ' ' : '[');
            print_field(of, b + i * size);
        }
        printf("%s", count == 0 ? "[]" : count > 16 ? " ...]" : "]");
    }
}

static void print(const struct header *h, const void *value, uint64_t length) {
    const char *descriptor = (const char *)h + (h->desc_offset - HEADER);
    const unsigned char *bytes = value;
    if (h->type_tag == FLOAT) printf("%.17g", *(const double *)value);
    else if (h->type_tag == INT) printf("%" PRId64, *(const int64_t *)value);
    else if (h->type_tag == BOOL) printf("%s", *bytes ? "True" : "False");
    else if (h->type_tag == TEXT) fwrite(value, 1, length, stdout);
    else if (h->type_tag == RECORD) {
        char *text = strndup(descriptor, h->desc_size);
        if (text != NULL) print_field(text, value);
        free(text);
    } else {
        printf("%.*s, %" PRIu64 " bytes:", (int)h->desc_size, descriptor, length);
        for (uint64_t i = 0; i < length && i < 16; i++) printf(" %02x", bytes[i]);
    }
}

static int publisher_lives(int fd) { // it holds a lock on byte 0
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
}

int main(int count, char **words) {
    struct stat file;
    struct timespec now;
    int fd = count > 1 ? open_topic(words[1]) : -1;
    if (fd < 0 || fstat(fd, &file)) err(1, "cannot open the topic");
    if (file.st_uid != geteuid() && file.st_uid != 0) errx(1, "this is user %u's, who is not trusted", file.st_uid);
    if (!S_ISREG(file.st_mode) || file.st_size < HEADER + (off_t)sizeof(struct header)) errx(1, "this is no topic");
    size_t room = (size_t)file.st_size - HEADER; // what lies before the header is not mapped
    const struct header *h = mmap(NULL, room, PROT_READ, MAP_SHARED, fd, HEADER);
    if (h == MAP_FAILED) err(1, "cannot map the topic");
    if (!usable(h, room)) errx(1, "the topic is damaged, or of another version");
    void *value = malloc(h->elem_size + 8); // in whole words
    if (value == NULL) err(1, "cannot hold a value");
    for (long left = count > 2 ? atol(words[2]) : 1; left > 0; left--) {
        uint64_t time = 0, length = 0, k = read_newest(h, fd, &time, value, &length);
        if (atomic_load_explicit(&h->retired, memory_order_acquire)) errx(1, "its publisher has ended");
        if (!publisher_lives(fd) && !(h->flags & RETAIN)) errx(1, "its publisher was killed");
        if (k == 0) errx(1, "nothing is published yet");
        clock_gettime(CLOCK_MONOTONIC, &now);
        double age = (double)(now.tv_sec * INT64_C(1000000000) + now.tv_nsec - (int64_t)time) / 1e9;
        print(h, value, length);
        printf(", number %" PRIu64 " of its publisher, %.6f s old\n", k, age);
    }
}
