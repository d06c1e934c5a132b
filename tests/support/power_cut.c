/* A disk that keeps what was synced and nothing else, for a process that is started with
   LD_PRELOAD. Each fsync and fdatasync of a file in the folder WATCHED copies the file, as it is at
   that moment, into the folder SYNCED: what a power cut would leave of it, at worst. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int count;

int times_synced(void) { return count; }

static int copied(int from, const char *name) {
    char place[PATH_MAX], draft[PATH_MAX], piece[65536];
    const char *folder = getenv("SYNCED");
    if (folder == NULL) return 0;
    snprintf(place, sizeof place, "%s/%s", folder, name);
    snprintf(draft, sizeof draft, "%s/.draft", folder);
    int to = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0) return -1;
    ssize_t size;
    for (off_t at = 0; (size = pread(from, piece, sizeof piece, at)) > 0; at += size)
        if (write(to, piece, size) != size) return -1;
    close(to);
    return rename(draft, place);
}

static int synced(int file) {
    char link[64], path[PATH_MAX];
    const char *watched = getenv("WATCHED");
    struct stat found;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || fstat(file, &found) < 0 || !S_ISREG(found.st_mode)) return 0;
    path[length] = 0;
    size_t size = watched == NULL ? 0 : strlen(watched);
    if (size == 0 || strncmp(path, watched, size) != 0 || path[size] != '/') return 0;
    count++;
    return copied(file, path + size + 1);
}

int fsync(int file) { return synced(file); }
int fdatasync(int file) { return synced(file); }
