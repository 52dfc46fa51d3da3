/* Takes a descriptor of the process that started it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../hostile.h"

#include <sys/syscall.h>

__attribute__((constructor)) static void take(void) {
    int parent = (int)syscall(SYS_pidfd_open, getppid(), 0);
    syscall(SYS_pidfd_getfd, parent, 1, 0);
}

HOSTILE("takes-descriptor", (void)0)
