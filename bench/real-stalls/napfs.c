// A folder passed through FUSE by a server that takes its time: `napfs ROOT CONTROL MOUNTPOINT`. A loop device on a file in it is a disk
// with the latency, the rate and the hangs that CONTROL says; a program that works in it waits for a server in user space.
// CONTROL holds seven int64 that may be changed at any time (nap-disk.ts writes them). Naps end when the parent is gone, so that nothing
// that is being put back waits for them. Made of libfuse 3's high-level API (fuse.h); runs in the foreground.

#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

struct control {
  int64_t read_us, write_us, sync_us, name_us; // how long each takes, however many are under way
  int64_t serial_us;                           // what each takes of the one server that all share
  int64_t bytes_per_second;                    // how fast that server moves bytes; 0 for no limit
  int64_t hang_until_ns;                       // nothing is answered before (CLOCK_MONOTONIC)
};

static char root[2048];
static volatile struct control *control;
static pid_t parent;
static pthread_mutex_t server = PTHREAD_MUTEX_INITIALIZER;
static int64_t server_free_at;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// In steps, as a hang may be called off and the parent may go.
static void sleep_until(volatile int64_t *deadline) {
  for (;;) {
    int64_t left = *deadline - now();
    if (left <= 0 || getppid() != parent) return;
    if (left > 100000000) left = 100000000;
    struct timespec t = {left / 1000000000, left % 1000000000};
    nanosleep(&t, NULL);
  }
}

static void nap(int64_t us, size_t bytes) {
  sleep_until(&control->hang_until_ns);
  int64_t rate = control->bytes_per_second, mine = control->serial_us * 1000, until = now();
  if (rate > 0) mine += (int64_t)(bytes * 1e9 / rate);
  if (mine > 0) {
    pthread_mutex_lock(&server);
    if (server_free_at > until) until = server_free_at;
    server_free_at = until += mine;
    pthread_mutex_unlock(&server);
  }
  until += us * 1000;
  sleep_until(&until);
}

static const char *below(char *buffer, const char *path) {
  snprintf(buffer, 4096, "%s%s", root, path);
  return buffer;
}
#define BELOW(path) below((char[4096]){0}, path)
#define ANSWER(call) ((call) < 0 ? -errno : 0)

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *fi) { return ANSWER(lstat(BELOW(path), st)); }

static int do_readdir(const char *path, void *out, fuse_fill_dir_t fill, off_t from, struct fuse_file_info *fi,
                      enum fuse_readdir_flags flags) {
  DIR *folder = opendir(BELOW(path));
  if (!folder) return -errno;
  nap(control->name_us, 0);
  for (struct dirent *entry; (entry = readdir(folder));) fill(out, entry->d_name, NULL, 0, 0);
  closedir(folder);
  return 0;
}

// The file below is read and written at given places, whatever the caller asked for.
static int open_below(const char *path, struct fuse_file_info *fi, mode_t mode) {
  int flags = (fi->flags & ~(O_APPEND | O_DIRECT | O_ACCMODE)) | ((fi->flags & O_ACCMODE) == O_RDONLY ? O_RDONLY : O_RDWR);
  int fd = open(BELOW(path), flags, mode);
  if (fd < 0) return -errno;
  fi->fh = fd;
  return 0;
}
static int do_open(const char *path, struct fuse_file_info *fi) { return open_below(path, fi, 0); }
static int do_create(const char *path, mode_t mode, struct fuse_file_info *fi) {
  nap(control->name_us, 0);
  return open_below(path, fi, mode);
}
static int do_release(const char *path, struct fuse_file_info *fi) { return ANSWER(close(fi->fh)); }

static int do_read(const char *path, char *out, size_t size, off_t at, struct fuse_file_info *fi) {
  nap(control->read_us, size);
  ssize_t got = pread(fi->fh, out, size, at);
  return got < 0 ? -errno : got;
}
static int do_write(const char *path, const char *in, size_t size, off_t at, struct fuse_file_info *fi) {
  nap(control->write_us, size);
  ssize_t put = pwrite(fi->fh, in, size, at);
  return put < 0 ? -errno : put;
}
static int do_fsync(const char *path, int data, struct fuse_file_info *fi) {
  nap(control->sync_us, 0);
  return 0;
}
// Zeroes are holes: tmpfs has no other way.
static int do_fallocate(const char *path, int mode, off_t at, off_t size, struct fuse_file_info *fi) {
  if (mode & FALLOC_FL_ZERO_RANGE) mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return ANSWER(fallocate(fi->fh, mode, at, size));
}
static int do_truncate(const char *path, off_t size, struct fuse_file_info *fi) { return ANSWER(truncate(BELOW(path), size)); }

static int do_unlink(const char *path) { nap(control->name_us, 0); return ANSWER(unlink(BELOW(path))); }
static int do_mkdir(const char *path, mode_t mode) { nap(control->name_us, 0); return ANSWER(mkdir(BELOW(path), mode)); }
static int do_rmdir(const char *path) { nap(control->name_us, 0); return ANSWER(rmdir(BELOW(path))); }
static int do_rename(const char *path, const char *to, unsigned flags) {
  nap(control->name_us, 0);
  return ANSWER(rename(BELOW(path), BELOW(to)));
}
static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *fi) { return ANSWER(chmod(BELOW(path), mode)); }
static int do_chown(const char *path, uid_t u, gid_t g, struct fuse_file_info *fi) { return ANSWER(lchown(BELOW(path), u, g)); }
static int do_utimens(const char *path, const struct timespec t[2], struct fuse_file_info *fi) {
  return ANSWER(utimensat(AT_FDCWD, BELOW(path), t, AT_SYMLINK_NOFOLLOW));
}
static int do_statfs(const char *path, struct statvfs *st) { return ANSWER(statvfs(BELOW(path), st)); }

static const struct fuse_operations operations = {
  .getattr = do_getattr, .readdir = do_readdir, .open = do_open, .create = do_create, .release = do_release, .read = do_read,
  .write = do_write, .fsync = do_fsync, .fallocate = do_fallocate, .truncate = do_truncate, .unlink = do_unlink, .mkdir = do_mkdir,
  .rmdir = do_rmdir, .rename = do_rename, .chmod = do_chmod, .chown = do_chown, .utimens = do_utimens, .statfs = do_statfs,
};

int main(int count, char **words) {
  int fd;
  if (count != 4 || !realpath(words[1], root) || (fd = open(words[2], O_RDWR)) < 0) return 2;
  parent = getppid();
  control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) return 2;
  char *arguments[] = {"napfs", "-f", "-o", "allow_other,max_threads=64,max_idle_threads=64", words[3], NULL};
  return fuse_main(5, arguments, &operations, NULL);
}
