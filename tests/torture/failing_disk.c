/* Writes and syncs of one database that fail now and then, for a program that is started with LD_PRELOAD.

   EARSHOT_FAULTS names a file of six 32-bit numbers: out of a thousand writes and out of a thousand syncs, how
   many are to fail; how many have failed since; how many came. EARSHOT_FAULTS_OF is what the path of a file has in
   it that is meant. A sync that fails takes back what was written since the last one: the system may forget it.
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITES, SYNCS, FAILED_WRITES, FAILED_SYNCS, ALL_WRITES, ALL_SYNCS };

typedef struct Before {
    dev_t disk; /* of the file, whichever connection has it open under whichever number */
    ino_t node;
    off_t offset, size;
    size_t length;
    int grew;
    char *bytes;
    struct Before *next;
} Before;

static int32_t *told;
static const char *of;
static unsigned chance;
static pid_t owner;
static Before *unsynced;
static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    of = getenv("EARSHOT_FAULTS_OF");
    const char *path = getenv("EARSHOT_FAULTS"), *seed = getenv("EARSHOT_FAULTS_SEED");
    chance = seed ? (unsigned)atoi(seed) : 1;
    int file = path ? open(path, O_RDWR) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, 6 * sizeof(int32_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) told = mapped;
    close(file);
}

static int is_meant(int file) {
    char link[64], path[512];
    if (!told || !of) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, of) != NULL && strstr(path, "-shm") == NULL; /* what processes share is no disk */
}

static int falls(int what) {
    __atomic_fetch_add(&told[what + ALL_WRITES], 1, __ATOMIC_RELAXED);
    if (owner != getpid()) { /* a fork must not repeat what its parent's forks have seen */
        owner = getpid();
        chance ^= (unsigned)owner * 2654435761u;
    }
    if ((int32_t)(rand_r(&chance) % 1000) >= told[what]) return 0;
    __atomic_fetch_add(&told[what + FAILED_WRITES], 1, __ATOMIC_RELAXED);
    return 1;
}

static void remember(int file, size_t length, off_t offset) {
    struct stat found;
    Before *one = calloc(1, sizeof *one);
    one->bytes = malloc(length);
    fstat(file, &found);
    ssize_t had = pread(file, one->bytes, length, offset);
    int grew = offset + (off_t)length > found.st_size;
    *one = (Before){found.st_dev, found.st_ino, offset, found.st_size, had > 0 ? (size_t)had : 0, grew, one->bytes, unsynced};
    unsynced = one;
}

/* Newest first, so that the oldest bytes of a place win. */
static void forget(int file, int take_back) {
    struct stat found;
    fstat(file, &found);
    for (Before **at = &unsynced; *at;) {
        Before *one = *at;
        if (one->node != found.st_ino || one->disk != found.st_dev) {
            at = &one->next;
            continue;
        }
        if (take_back) {
            real_pwrite(file, one->bytes, one->length, one->offset);
            if (one->grew && ftruncate(file, one->size)) { /* as it is, then */ }
        }
        *at = one->next;
        free(one->bytes);
        free(one);
    }
}

static ssize_t write_at(int file, const void *bytes, size_t length, off_t offset) {
    if (!is_meant(file)) return real_pwrite(file, bytes, length, offset);
    pthread_mutex_lock(&alone);
    int fails = falls(WRITES);
    remember(file, length, offset);
    ssize_t done = real_pwrite(file, bytes, fails ? length / 2 : length, offset);
    pthread_mutex_unlock(&alone);
    if (!fails) return done;
    errno = EIO;
    return -1;
}

static int sync_with(int file, int (*real)(int)) {
    if (!is_meant(file)) return real(file);
    pthread_mutex_lock(&alone);
    int fails = falls(SYNCS);
    int done = fails ? -1 : real(file);
    forget(file, done != 0);
    pthread_mutex_unlock(&alone);
    if (fails) errno = EIO;
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return write_at(file, bytes, length, offset); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off_t offset) { return write_at(file, bytes, length, offset); }
int fsync(int file) { return sync_with(file, real_fsync); }
int fdatasync(int file) { return sync_with(file, real_fdatasync); }
