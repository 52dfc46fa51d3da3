#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include "nino_kernels.h"

static _Thread_local int depth;

int nino_processor_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

const char *nino_instruction_set(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v4")) return "x86-64-v4";
    if (__builtin_cpu_supports("x86-64-v3")) return "x86-64-v3";
#endif
    return "baseline";
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

static int forked;

static void remember_fork(void) {
    forked = 1;
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, remember_fork);
}

int nino_is_forked(void) {
    return forked;
}

/* One worker's share. */
typedef struct {
    void (*body)(void *, int);
    void *context;
    int worker;
    pthread_t thread;
} share_t;

static void *work(void *argument) {
    share_t *share = argument;
    share->body(share->context, share->worker);
    return NULL;
}

void nino_run_on_threads(int workers, void (*body)(void *context, int worker), void *context) {
    share_t shares[workers];
    int started = 1;
    for (; started < workers; started++) {
        shares[started] = (share_t){.body = body, .context = context, .worker = started};
        if (pthread_create(&shares[started].thread, NULL, work, &shares[started]) != 0) break;
    }
    body(context, 0);
    for (int i = 1; i < started; i++) pthread_join(shares[i].thread, NULL);
    /* Where no thread could be had, the caller does its share. */
    for (int i = started; i < workers; i++) body(context, i);
}
