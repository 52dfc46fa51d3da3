#define _GNU_SOURCE
#include "nino_isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

int nino_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int nino_memory_file(const void *bytes, int64_t count) {
    int file = memfd_create("nino", MFD_CLOEXEC);
    if (file < 0) return -1;
    if (pwrite(file, bytes, (size_t)count, 0) == count) return file;
    close(file);
    return -1;
}

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int input, int output,
                  int error) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int given[] = {input, output, error};
    for (int i = 0; i < 3; i++) {
        int failure = posix_spawn_file_actions_adddup2(actions, given[i], i);
        if (failure != 0) return failure;
    }
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

pid_t nino_spawn(const char *program, char *const arguments[], char *const environment[], int input, int output,
                 int error) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    pid_t process = -1;
    int failure = set_up(&actions, &attributes, input, output, error);
    if (failure == 0) failure = posix_spawn(&process, program, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failure == 0) return process;
    errno = failure;
    return -1;
}

int nino_process_descriptor(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int nino_has_access_list(const char *path) {
    return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}
