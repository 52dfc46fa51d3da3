/* Signals the process that started it by a way that few know. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../hostile.h"

#include <signal.h>
#include <sys/syscall.h>

__attribute__((constructor)) static void strike(void) {
    siginfo_t information = {0};
    information.si_code = SI_QUEUE;
    syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), SIGUSR1, &information);
}

HOSTILE("signals-by-queue", (void)0)
