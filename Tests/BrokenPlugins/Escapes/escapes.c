/*
 * Tries every way out of a child process that should merely fail, and crashes where one works, after its name. Built
 * with PROBE, it is a program that prints the names of those that work outside.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/prctl.h>
#include <termios.h>

/* Numbers that older headers lack; the same on every machine since 2019. */
#define OPEN_TREE 428
#define FSOPEN 430
#define FCHMODAT2 452

/* Files that the test made: one of its own, and a hidden one in a home. NULL when the test gave none. */
static const char *own_file(void) {
    return getenv("NINO_TEST_OWN_FILE");
}
static const char *hidden_file(void) {
    return getenv("NINO_TEST_HIDDEN_FILE");
}

/* What takes part of the signals of another process is set on any descriptor, such as a pipe's. */
static int pipe_end(void) {
    int ends[2];
    return pipe(ends) == 0 ? ends[0] : 0;
}

static int types_into_the_terminal(void) {
    int terminal = open("/dev/tty", O_RDONLY);
    for (int i = 0; i < 3; i++)
        if (ioctl(i, TIOCSTI, "x") == 0 || ioctl(i, TIOCSCTTY, 1) == 0) return 1;
    return terminal >= 0;
}
static int sends_signals_by_owner(void) {
    return fcntl(pipe_end(), F_SETOWN, getppid()) == 0;
}
static int chooses_the_signal(void) {
    return fcntl(pipe_end(), F_SETSIG, SIGKILL) == 0;
}
static int asks_for_signals(void) {
    return fcntl(pipe_end(), F_SETFL, O_ASYNC) == 0;
}
static int opens_a_process(void) {
    return syscall(SYS_pidfd_open, getppid(), 0) >= 0;
}
static int changes_permissions(void) {
    const char *file = own_file();
    return file != NULL && (chmod(file, 0644) == 0 || syscall(FCHMODAT2, AT_FDCWD, file, 0644, 0) == 0);
}
static int makes_a_message_queue(void) {
    int queue = (int)syscall(SYS_msgget, 0, 0600);
    if (queue >= 0) syscall(SYS_msgctl, queue, 0, NULL);
    return queue >= 0;
}
static int makes_shared_memory(void) {
    int memory = (int)syscall(SYS_shmget, 0, 4096, 0600);
    if (memory >= 0) syscall(SYS_shmctl, memory, 0, NULL);
    return memory >= 0;
}
static int makes_a_semaphore(void) {
    int semaphore = (int)syscall(SYS_semget, 0, 1, 0600);
    if (semaphore >= 0) syscall(SYS_semctl, semaphore, 0, 0);
    return semaphore >= 0;
}
static int makes_a_posix_queue(void) {
    int queue = (int)syscall(SYS_mq_open, "nino-test-escape", O_CREAT | O_RDWR, 0600, NULL);
    if (queue >= 0) syscall(SYS_mq_unlink, "nino-test-escape");
    return queue >= 0;
}
static int makes_posix_memory(void) {
    int memory = open("/dev/shm/nino-test-escape", O_CREAT | O_RDWR, 0600);
    if (memory >= 0) unlink("/dev/shm/nino-test-escape");
    return memory >= 0;
}
static int makes_a_memory_file(void) {
    return syscall(SYS_memfd_create, "x", 0) >= 0;
}
static int slows_the_parent(void) {
    return setpriority(PRIO_PROCESS, getppid(), 1) == 0;
}
static int moves_the_parent(void) {
    cpu_set_t all;
    return sched_getaffinity(0, sizeof all, &all) == 0 && sched_setaffinity(getppid(), sizeof all, &all) == 0;
}
static int schedules_the_parent(void) {
    const struct sched_param parameters = {0};
    return sched_setscheduler(getppid(), SCHED_OTHER, &parameters) == 0;
}
static int mounts(void) {
    return syscall(FSOPEN, "tmpfs", 0) >= 0;
}
static int clones_a_mount(void) {
    return syscall(OPEN_TREE, AT_FDCWD, "/", 0) >= 0;
}
static int opens_by_handle(void) {
    struct {
        unsigned size;
        int type;
        char bytes[128];
    } handle = {128, 0, {0}};
    int mount, known = (int)syscall(SYS_name_to_handle_at, AT_FDCWD, "/", &handle, &mount, 0);
    return known == 0 || syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY) >= 0;
}
static int makes_a_namespace(void) {
    return syscall(SYS_unshare, CLONE_NEWUSER) == 0;
}
/* What would change the machine is asked for with a place that is not there: the kernel looks for it only where the
 * call is allowed. */
static int joins_a_namespace(void) {
    return syscall(SYS_setns, -1, 0) == 0 || errno == EBADF;
}
static int mounts_the_old_way(void) {
    return syscall(SYS_mount, "none", "/nino-test-nowhere", "tmpfs", 0, NULL) == 0 || errno == ENOENT;
}
static int changes_the_root(void) {
    return chroot("/nino-test-nowhere") == 0 || errno == ENOENT;
}
static int connects(void) {
    const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) return 1;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (socket(families[i], SOCK_STREAM, 0) >= 0 || socket(families[i], SOCK_RAW, 0) >= 0) return 1;
    return 0;
}
static int handles_page_faults(void) {
    return syscall(SYS_userfaultfd, 1) >= 0; /* 1: faults of user code only, which needs no power. */
}
static int compares_processes(void) {
    return syscall(SYS_kcmp, getpid(), getppid(), 0, 0, 0) >= 0;
}
static int keeps_keys(void) {
    return syscall(SYS_keyctl, 0, -2, 1) >= 0 || syscall(SYS_add_key, "user", "nino-test", "x", 1, -2) >= 0;
}
static int loads_into_the_kernel(void) {
    return syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno == EFAULT || errno == EINVAL;
}
static int counts_events(void) {
    char attributes[128] = {1, 0, 0, 0, 112};
    return syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0) >= 0;
}
static int outlives_the_parent(void) {
    return prctl(PR_SET_PDEATHSIG, 0) == 0;
}
static int opens_itself_to_others(void) {
    return prctl(PR_SET_DUMPABLE, 1) == 0 || prctl(PR_SET_PTRACER, -1) == 0;
}
static int leaves_its_session(void) {
    return setsid() >= 0 || setpgid(0, 0) == 0;
}
static int makes_a_ring(void) {
    char parameters[120] = {0};
    return syscall(SYS_io_uring_setup, 1, parameters) >= 0;
}
static int raises_a_limit_of_the_parent(void) {
    struct rlimit found;
    return prlimit(getppid(), RLIMIT_NOFILE, NULL, &found) == 0;
}
static int reads_a_hidden_file(void) {
    const char *file = hidden_file();
    return file != NULL && open(file, O_RDONLY) >= 0;
}
static int reads_the_parents_environment(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)getppid());
    return open(path, O_RDONLY) >= 0;
}
static int opens_a_terminal(void) {
    return open("/dev/ptmx", O_RDONLY | O_NOCTTY) >= 0;
}

#define WAY(name) \
    { #name, name }
static const struct {
    const char *name;
    int (*works)(void);
} ways[] = {
    WAY(types_into_the_terminal),
    WAY(sends_signals_by_owner),
    WAY(chooses_the_signal),
    WAY(asks_for_signals),
    WAY(opens_a_process),
    WAY(changes_permissions),
    WAY(makes_a_message_queue),
    WAY(makes_shared_memory),
    WAY(makes_a_semaphore),
    WAY(makes_a_posix_queue),
    WAY(makes_posix_memory),
    WAY(makes_a_memory_file),
    WAY(slows_the_parent),
    WAY(moves_the_parent),
    WAY(schedules_the_parent),
    WAY(mounts),
    WAY(clones_a_mount),
    WAY(opens_by_handle),
    WAY(connects),
    WAY(makes_a_ring),
    WAY(raises_a_limit_of_the_parent),
    WAY(reads_a_hidden_file),
    WAY(reads_the_parents_environment),
    WAY(opens_a_terminal),
    WAY(joins_a_namespace),
    WAY(mounts_the_old_way),
    WAY(changes_the_root),
    WAY(handles_page_faults),
    WAY(compares_processes),
    WAY(keeps_keys),
    WAY(loads_into_the_kernel),
    WAY(counts_events),
    WAY(outlives_the_parent),
    WAY(opens_itself_to_others),
    WAY(leaves_its_session),
    WAY(makes_a_namespace),
};
enum { WAYS = sizeof ways / sizeof ways[0] };

#ifdef PROBE
int main(void) {
    for (int i = 0; i < WAYS; i++)
        if (ways[i].works()) puts(ways[i].name);
}
#else
__attribute__((constructor)) static void escape(void) {
    for (int i = 0; i < WAYS; i++) {
        if (!ways[i].works()) continue;
        fprintf(stderr, "escaped: %s\n", ways[i].name);
        abort();
    }
}
#endif

HOSTILE("escapes", (void)0)
