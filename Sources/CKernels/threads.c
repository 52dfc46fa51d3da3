#define _GNU_SOURCE
#include <sched.h>
#include "nino_kernels.h"

static _Thread_local int depth;

int nino_processor_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int nino_parallel_depth(void) {
    return depth;
}
void nino_parallel_enter(void) {
    depth++;
}
void nino_parallel_leave(void) {
    depth--;
}
