#define _GNU_SOURCE
#include "nino_isolation.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "filter.h"

static int limit(int resource, int64_t most) {
    struct rlimit both = {(rlim_t)most, (rlim_t)most};
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

int nino_confine(pid_t parent, nino_limits_t limits) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
    if (getppid() != parent) _exit(1);
    int64_t mapped = mapped_bytes();
    if (mapped < 0) return -1;
    if (limit(RLIMIT_AS, mapped + limits.memory_bytes) != 0) return -1;
    if (limit(RLIMIT_CPU, limits.processor_seconds) != 0) return -1;
    if (limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_CORE, 0) != 0) return -1;
    /* Where core dumps go to a program, their size limit means nothing. */
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return -1;
    return nino_install_filter();
}
