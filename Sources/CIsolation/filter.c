/*
 * A seccomp filter: the system calls a plugin has a reason for, and no other. Why each is allowed stands behind it.
 *
 * Our own instructions instead of libseccomp: one list, a dozen rules and one instruction set at a time need none of
 * what that library adds, and nino stays without another library to install.
 */
#define _GNU_SOURCE
#include "filter.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the filter knows the system calls of x86-64 and AArch64"
#endif

/* Allowed whatever the arguments. Nothing here can change a file, or reach beyond this process. */
static const uint32_t allowed[] = {
    /* Threads that wait for each other, and memory; first, because they are called most. */
    SYS_futex,
    SYS_sched_yield,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    /* What a thread of the C library needs to begin, to be told from others and to end. */
    SYS_set_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_getpid,
    SYS_exit,
    SYS_exit_group,
    SYS_restart_syscall,
    SYS_membarrier,
    /* How many processors there are, and which this is: the shares of parallel loops. */
    SYS_sched_getaffinity,
    SYS_getcpu,
    /* Reading files, which libraries do: the loader, locales, the plugin's own data. */
    SYS_read,
    SYS_pread64,
    SYS_readv,
    SYS_lseek,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    SYS_statfs,
    SYS_fstatfs,
    SYS_getxattr,
    SYS_lgetxattr,
    /* Writing to what is open: the host's pipes, as no file can be opened for it. */
    SYS_write,
    SYS_writev,
    /* Descriptors of this process: duplicates, pipes, events and waiting, as the run time library of Swift uses. */
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_ppoll,
    SYS_pselect6,
    /* Clocks and sleep. */
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    /* Signals of this process: handlers of crashes, abort. */
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    /* What it is and what it has used. */
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getppid,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_times,
    /* Seeds of hash tables. */
    SYS_getrandom,
/* The older names of the same, which the C library still takes on some machines. */
#ifdef SYS_stat
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_getdents,
    SYS_dup2,
    SYS_pipe,
    SYS_eventfd,
    SYS_epoll_create,
    SYS_epoll_wait,
    SYS_poll,
    SYS_select,
    SYS_time,
    SYS_arch_prctl,
    SYS_getrlimit,
#endif
};

/* New processes and programs, other processes' memory, descriptors and signals: end the process. */
static const uint32_t fatal[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_pidfd_send_signal,
    SYS_pidfd_getfd,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
};

#define COUNT(list) (sizeof list / sizeof list[0])
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
/* The lower and upper half of an argument; both architectures are little-endian. */
#define LOW(argument) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[argument]))
#define HIGH(argument) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[argument]) + 4)
#define UNLESS(test, value, skipped) BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), 0, (skipped))
#define IF(test, value, skipped) BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), (skipped), 0)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define KILL RETURN(SECCOMP_RET_KILL_PROCESS)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))

#define LONGEST 512

typedef struct {
    struct sock_filter code[LONGEST];
    unsigned short count;
} program_t;

static void add(program_t *program, const struct sock_filter *code, size_t count) {
    for (size_t i = 0; i < count && program->count < LONGEST; i++) program->code[program->count++] = code[i];
}

#define ADD(program, ...)                                \
    do {                                                 \
        const struct sock_filter code[] = {__VA_ARGS__}; \
        add(program, code, COUNT(code));                 \
    } while (0)

/* `call` is allowed where argument `argument` is one of `values`, and else fails with EPERM. */
static void allow_values(program_t *program, uint32_t call, int argument, const uint32_t *values, size_t count) {
    ADD(program, UNLESS(BPF_JEQ, call, (uint8_t)(2 * count + 2)), LOW(argument));
    for (size_t i = 0; i < count; i++) ADD(program, UNLESS(BPF_JEQ, values[i], 1), ALLOW);
    ADD(program, FAIL(EPERM));
}

/* Threads, signals and files: what depends on the arguments. Each rule expects the call's number loaded, and ends with
 * a verdict or leaves it so. */
static void add_rules(program_t *program) {
    const uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    /* A thread as the C library makes it; anything else is a new process. clone3 hides its flags in memory: as it
     * fails with ENOSYS, the C library takes clone. */
    const uint32_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                            CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID |
                            CLONE_DETACHED;
    ADD(program, UNLESS(BPF_JEQ, SYS_clone, 5), LOW(0), UNLESS(BPF_JSET, CLONE_THREAD, 2), IF(BPF_JSET, ~thread, 1),
        ALLOW, KILL);
    /* Signals to itself are how abort and raise work. */
    ADD(program, UNLESS(BPF_JEQ, SYS_kill, 4), LOW(0), UNLESS(BPF_JEQ, getpid(), 1), ALLOW, KILL);
    ADD(program, UNLESS(BPF_JEQ, SYS_tgkill, 4), LOW(0), UNLESS(BPF_JEQ, getpid(), 1), ALLOW, KILL);
    ADD(program, UNLESS(BPF_JEQ, SYS_openat, 4), LOW(2), UNLESS(BPF_JSET, writing, 1), FAIL(EPERM), ALLOW);
#ifdef SYS_open
    ADD(program, UNLESS(BPF_JEQ, SYS_open, 4), LOW(1), UNLESS(BPF_JSET, writing, 1), FAIL(EPERM), ALLOW);
#endif
    /* Reading a limit of its own passes no new one. */
    ADD(program, UNLESS(BPF_JEQ, SYS_prlimit64, 9), LOW(2), UNLESS(BPF_JEQ, 0, 6), HIGH(2), UNLESS(BPF_JEQ, 0, 4),
        LOW(0), IF(BPF_JEQ, 0, 1), UNLESS(BPF_JEQ, getpid(), 1), ALLOW, FAIL(EPERM));
    /* Names of threads. */
    const uint32_t names[] = {PR_SET_NAME, PR_GET_NAME};
    allow_values(program, SYS_prctl, 0, names, COUNT(names));
    /* Whether a descriptor is a terminal, and whether it survives a new program. */
    const uint32_t controls[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIOCLEX, FIONCLEX};
    allow_values(program, SYS_ioctl, 1, controls, COUNT(controls));
    /* Duplicates and flags, but none that raises signals: those can be turned on others. */
    ADD(program, UNLESS(BPF_JEQ, SYS_fcntl, 16), LOW(1), UNLESS(BPF_JEQ, F_SETFL, 3), LOW(2),
        UNLESS(BPF_JSET, O_ASYNC, 10), FAIL(EPERM), UNLESS(BPF_JEQ, F_DUPFD, 1), ALLOW,
        UNLESS(BPF_JEQ, F_DUPFD_CLOEXEC, 1), ALLOW, UNLESS(BPF_JEQ, F_GETFD, 1), ALLOW, UNLESS(BPF_JEQ, F_SETFD, 1),
        ALLOW, UNLESS(BPF_JEQ, F_GETFL, 1), ALLOW, FAIL(EPERM));
}

int nino_install_filter(void) {
    program_t program = {.count = 0};
    /* Another instruction set's numbers mean other calls. */
    ADD(&program, LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), KILL, LOAD(nr));
#if defined(__x86_64__)
    ADD(&program, UNLESS(BPF_JGE, 0x40000000, 1), KILL);
#endif
    for (size_t i = 0; i < COUNT(allowed); i++) ADD(&program, UNLESS(BPF_JEQ, allowed[i], 1), ALLOW);
    add_rules(&program);
    for (size_t i = 0; i < COUNT(fatal); i++) ADD(&program, UNLESS(BPF_JEQ, fatal[i], 1), KILL);
    ADD(&program, FAIL(ENOSYS));
    if (program.count == LONGEST) {
        errno = E2BIG;
        return -1;
    }
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) return 0;
    struct sock_fprog filter = {program.count, program.code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

int nino_allowed_call_count(void) {
    /* clone, kill, tgkill, openat, prlimit64, prctl, ioctl and fcntl with a condition. */
    int conditional = 8;
#ifdef SYS_open
    conditional++;
#endif
    return (int)COUNT(allowed) + conditional;
}
