#define _GNU_SOURCE
#include "nino_isolation.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"

/* Never above a limit that is there already. */
static int limit(int resource, int64_t most) {
    struct rlimit both;
    if (getrlimit(resource, &both) != 0) return -1;
    if ((rlim_t)most < both.rlim_max) both.rlim_max = (rlim_t)most;
    both.rlim_cur = both.rlim_max;
    return setrlimit(resource, &both);
}

/* Bytes of address space this process has mapped. */
static int64_t mapped_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return -1;
    int read = fscanf(file, "%ld", &pages);
    fclose(file);
    return read == 1 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

/* All of root's powers but that of reading: a program that root runs may lie where only its owner can look. */
static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, sets) != 0) return -1;
    const uint32_t kept = UINT32_C(1) << CAP_DAC_READ_SEARCH;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets[i].permitted = i == 0 ? sets[i].permitted & kept : 0;
        sets[i].effective = i == 0 ? sets[i].effective & kept : 0;
        sets[i].inheritable = 0;
    }
    return (int)syscall(SYS_capset, &header, sets);
}

int nino_confine(pid_t parent, nino_limits_t limits, const char *const readable[]) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
    if (getppid() != parent) _exit(1);
    int64_t mapped = mapped_bytes();
    if (mapped < 0) return -1;
    if (limit(RLIMIT_AS, mapped + limits.memory_bytes) != 0) return -1;
    if (limit(RLIMIT_CPU, limits.processor_seconds) != 0) return -1;
    if (limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_CORE, 0) != 0) return -1;
    /* Where core dumps go to a program, their size limit means nothing. */
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return -1;
    if (drop_capabilities() != 0) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    if (nino_install_landlock(readable) != 0) return -1;
    return nino_install_filter();
}
