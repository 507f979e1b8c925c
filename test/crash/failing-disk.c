// Preloaded into the node: the N-th call of one kind on a file of the database fails, as a dying or full disk lets it fail.
//   FAULT_FOLDER  only files whose path begins so, and that hold data (LevelDB's own log of events does not)
//   FAULT_KIND    "sync" or "write"
//   FAULT_AT      which call, from 1
//   FAULT_ONCE    "1": that call only; else all from it on
//   FAULT_ERRNO   5 (EIO), 28 (ENOSPC), ...
//   FAULT_REPORT  a file that gets one byte when the fault has happened
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls = 0;

static int watched(int fd) {
  const char *folder = getenv("FAULT_FOLDER");
  if (folder == NULL || fd < 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  if (strncmp(path, folder, strlen(folder)) != 0) return 0;
  const char *name = strrchr(path, '/');
  return name == NULL || (strcmp(name, "/LOG") != 0 && strcmp(name, "/LOCK") != 0);
}

static int fails(const char *kind, int fd) {
  const char *wanted = getenv("FAULT_KIND");
  if (wanted == NULL || strcmp(wanted, kind) != 0 || !watched(fd)) return 0;
  long at = atol(getenv("FAULT_AT"));
  const char *once = getenv("FAULT_ONCE");
  pthread_mutex_lock(&lock);
  long call = ++calls;
  pthread_mutex_unlock(&lock);
  int hit = once != NULL && once[0] == '1' ? call == at : call >= at;
  if (!hit) return 0;
  const char *report = getenv("FAULT_REPORT");
  if (call == at && report != NULL) close(open(report, O_CREAT | O_WRONLY, 0600));
  const char *number = getenv("FAULT_ERRNO");
  errno = number == NULL ? EIO : atoi(number);
  return 1;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__) = NULL; if (real == NULL) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

int fsync(int fd) {
  REAL(int, "fsync", int);
  return fails("sync", fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return fails("sync", fd) ? -1 : real(fd);
}

// LevelDB writes through stdio: what it appends may stay in the buffer until it is flushed.
size_t fwrite_unlocked(const void *data, size_t size, size_t count, FILE *file) {
  REAL(size_t, "fwrite_unlocked", const void *, size_t, size_t, FILE *);
  return fails("write", fileno(file)) ? 0 : real(data, size, count, file);
}

int fflush_unlocked(FILE *file) {
  REAL(int, "fflush_unlocked", FILE *);
  return fails("write", fileno(file)) ? EOF : real(file);
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  return fails("write", fd) ? -1 : real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  return fails("write", fd) ? -1 : real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  return fails("write", fd) ? -1 : real(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  return fails("write", fd) ? -1 : real(fd, parts, count);
}
