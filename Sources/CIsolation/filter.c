/*
 * A seccomp filter: a list of what a plugin has no reason to do. It is a second wall behind the limits and the process
 * group, not a jail: reading files is allowed, because libraries do it.
 */
#define _GNU_SOURCE
#include "filter.h"

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

/* New processes and programs, other processes' memory: end the process. */
static const uint32_t fatal[] = {
    SYS_execve, SYS_execveat,        SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_send_signal,
    SYS_tkill,  SYS_rt_sigqueueinfo,
#ifdef SYS_fork
    SYS_fork,   SYS_vfork,
#endif
};

/* What changes files, the network, the system, or this process's limits: fails, as it does for a user without rights.
 */
static const uint32_t denied[] = {
    SYS_unlinkat,     SYS_renameat2,       SYS_mkdirat,        SYS_linkat,      SYS_symlinkat,    SYS_mknodat,
    SYS_truncate,     SYS_fchmod,          SYS_fchmodat,       SYS_fchown,      SYS_fchownat,     SYS_utimensat,
    SYS_setxattr,     SYS_lsetxattr,       SYS_fsetxattr,      SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
    SYS_socket,       SYS_socketpair,      SYS_io_uring_setup, SYS_setsid,      SYS_setpgid,      SYS_setrlimit,
    SYS_bpf,          SYS_perf_event_open, SYS_mount,          SYS_umount2,     SYS_pivot_root,   SYS_chroot,
    SYS_reboot,       SYS_init_module,     SYS_finit_module,   SYS_add_key,     SYS_keyctl,       SYS_clock_settime,
    SYS_settimeofday, SYS_sethostname,     SYS_unshare,        SYS_setns,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_unlink
    SYS_unlink,       SYS_rename,          SYS_mkdir,          SYS_rmdir,       SYS_link,         SYS_symlink,
    SYS_mknod,        SYS_creat,           SYS_chmod,          SYS_chown,       SYS_lchown,       SYS_utime,
    SYS_utimes,       SYS_futimesat,
#endif
};

#define COUNT(list) (sizeof list / sizeof list[0])
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
/* The lower and upper half of an argument; both architectures are little-endian. */
#define LOW(argument) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[argument]))
#define HIGH(argument) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[argument]) + 4)
#define UNLESS(test, value, skipped) BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), 0, (skipped))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define KILL RETURN(SECCOMP_RET_KILL_PROCESS)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))

#define LONGEST 256

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

/* Calls that depend on their arguments. Each rule expects the call's number loaded, and ends with a verdict or leaves
 * it so. */
static void add_rules(program_t *program) {
    const uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    /* Threads are new tasks of this process; anything else is a new process. clone3 hides its flags in memory: without
     * it, the C library takes clone. */
    ADD(program, UNLESS(BPF_JEQ, SYS_clone, 4), LOW(0), UNLESS(BPF_JSET, CLONE_THREAD, 1), ALLOW, KILL);
    ADD(program, UNLESS(BPF_JEQ, SYS_clone3, 1), FAIL(ENOSYS));
    /* Signals to itself are how abort and raise work. */
    ADD(program, UNLESS(BPF_JEQ, SYS_kill, 4), LOW(0), UNLESS(BPF_JEQ, getpid(), 1), ALLOW, KILL);
    ADD(program, UNLESS(BPF_JEQ, SYS_tgkill, 4), LOW(0), UNLESS(BPF_JEQ, getpid(), 1), ALLOW, KILL);
    ADD(program, UNLESS(BPF_JEQ, SYS_openat, 4), LOW(2), UNLESS(BPF_JSET, writing, 1), FAIL(EPERM), ALLOW);
#ifdef SYS_open
    ADD(program, UNLESS(BPF_JEQ, SYS_open, 4), LOW(1), UNLESS(BPF_JSET, writing, 1), FAIL(EPERM), ALLOW);
#endif
    ADD(program, UNLESS(BPF_JEQ, SYS_openat2, 1), FAIL(ENOSYS));
    /* Reading a limit passes no new one. */
    ADD(program, UNLESS(BPF_JEQ, SYS_prlimit64, 6), LOW(2), UNLESS(BPF_JEQ, 0, 3), HIGH(2), UNLESS(BPF_JEQ, 0, 1),
        ALLOW, FAIL(EPERM));
    ADD(program, UNLESS(BPF_JEQ, SYS_prctl, 4), LOW(0), UNLESS(BPF_JEQ, PR_SET_PDEATHSIG, 1), FAIL(EPERM), ALLOW);
}

int nino_install_filter(void) {
    program_t program = {.count = 0};
    /* Another instruction set's numbers mean other calls. */
    ADD(&program, LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), KILL, LOAD(nr));
#if defined(__x86_64__)
    ADD(&program, UNLESS(BPF_JGE, 0x40000000, 1), KILL);
#endif
    add_rules(&program);
    for (size_t i = 0; i < COUNT(fatal); i++) ADD(&program, UNLESS(BPF_JEQ, fatal[i], 1), KILL);
    for (size_t i = 0; i < COUNT(denied); i++) ADD(&program, UNLESS(BPF_JEQ, denied[i], 1), FAIL(EPERM));
    ADD(&program, ALLOW);
    if (program.count == LONGEST) {
        errno = E2BIG;
        return -1;
    }
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    struct sock_fprog filter = {program.count, program.code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}
