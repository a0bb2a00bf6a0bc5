/*
 * A filesystem of one empty folder and whatever files are made in it, whose writes take 2 ms and whose bytes are kept nowhere: for tests of what waits for a
 * server, and of a server that ends. Built by test/support/fuse-server.ts; fuse(8), libfuse 3.
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static off_t size;
static int is_made;

static int get_attributes(const char *path, struct stat *st, struct fuse_file_info *info)
{
    (void)info;
    memset(st, 0, sizeof *st);
    if (strcmp(path, "/") == 0) {
        st->st_mode = S_IFDIR | 0755;
        st->st_nlink = 2;
        return 0;
    }
    if (!is_made)
        return -ENOENT;
    st->st_mode = S_IFREG | 0644;
    st->st_nlink = 1;
    st->st_size = size;
    return 0;
}

static int make(const char *path, mode_t mode, struct fuse_file_info *info)
{
    (void)path, (void)mode, (void)info;
    is_made = 1;
    return 0;
}

static int open_file(const char *path, struct fuse_file_info *info)
{
    (void)path, (void)info;
    return 0;
}

static int cut(const char *path, off_t length, struct fuse_file_info *info)
{
    (void)path, (void)info;
    size = length;
    return 0;
}

static int write_slowly(const char *path, const char *bytes, size_t count, off_t offset, struct fuse_file_info *info)
{
    (void)path, (void)bytes, (void)info;
    usleep(2000);
    if (offset + (off_t)count > size)
        size = offset + (off_t)count;
    return (int)count;
}

static const struct fuse_operations operations = {
    .getattr = get_attributes,
    .create = make,
    .open = open_file,
    .truncate = cut,
    .write = write_slowly,
};

int main(int argc, char **argv)
{
    return fuse_main(argc, argv, &operations, NULL);
}
