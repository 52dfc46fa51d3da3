/* Crashes before the host has called anything. */
#include "../hostile.h"

__attribute__((constructor)) static void crash(void) {
    *(volatile int *)NULL = 1;
}

HOSTILE("crash-on-load", (void)0)
