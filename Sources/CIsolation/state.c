/* What a library could change of the thread or the process it is called in. */
#define _GNU_SOURCE
#include "nino_isolation.h"

#include <fcntl.h>
#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

_Static_assert(sizeof(fenv_t) <= sizeof(nino_float_state_t), "room for the floating-point environment");

void nino_float_state_save(nino_float_state_t *state) {
    fegetenv((fenv_t *)state);
}

/* Rounding, traps, and whether numbers near zero become zero: what changes results, unlike the flags of past ones. */
static int float_mode(void) {
    volatile float least = FLT_MIN, half = 0.5f;
    volatile float product = least * half;
    return fegetround() | fegetexcept() << 16 | (product == 0) << 30;
}

int nino_float_state_restore(const nino_float_state_t *state) {
    int found = float_mode();
    fesetenv((const fenv_t *)state);
    return float_mode() != found;
}

enum { SIGNALS = 65 };

struct nino_process_state {
    struct sigaction actions[SIGNALS];
    sigset_t mask;
    char *locale;
    locale_t thread_locale;
    int folder;
    mode_t creation_mask;
    struct itimerval timers[3];
};

static const int timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

static mode_t creation_mask(void) {
    // The mask is told by setting another. A file that a thread makes at that moment is the user's alone.
    mode_t mask = umask(077);
    umask(mask);
    return mask;
}

nino_process_state_t *nino_process_state_save(void) {
    nino_process_state_t *state = calloc(1, sizeof *state);
    if (state == NULL) return NULL;
    for (int i = 1; i < SIGNALS; i++) sigaction(i, NULL, &state->actions[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &state->mask);
    const char *locale = setlocale(LC_ALL, NULL);
    state->locale = locale == NULL ? NULL : strdup(locale);
    state->thread_locale = uselocale((locale_t)0);
    state->folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    state->creation_mask = creation_mask();
    for (int i = 0; i < 3; i++) getitimer(timers[i], &state->timers[i]);
    return state;
}

/* Of the C library's 1024 places the kernel fills 64. */
static int same(const sigset_t *left, const sigset_t *right) {
    return memcmp(left, right, sizeof(uint64_t)) == 0;
}

static int restore_signals(const nino_process_state_t *state) {
    int changed = 0;
    for (int i = 1; i < SIGNALS; i++) {
        const struct sigaction *saved = &state->actions[i];
        struct sigaction found;
        if (sigaction(i, NULL, &found) != 0) continue;
        if (found.sa_handler == saved->sa_handler && found.sa_flags == saved->sa_flags &&
            same(&found.sa_mask, &saved->sa_mask))
            continue;
        if (sigaction(i, saved, NULL) == 0) changed = 1;
    }
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, &state->mask, &mask);
    return changed || !same(&mask, &state->mask);
}

static int restore_locale(const nino_process_state_t *state) {
    int changed = uselocale(state->thread_locale) != state->thread_locale;
    const char *found = setlocale(LC_ALL, NULL);
    if (found == NULL || state->locale == NULL || strcmp(found, state->locale) == 0) return changed;
    setlocale(LC_ALL, state->locale);
    return 1;
}

static int restore_folder(const nino_process_state_t *state) {
    struct stat saved, found;
    if (state->folder < 0 || fstat(state->folder, &saved) != 0) return 0;
    if (stat(".", &found) == 0 && found.st_dev == saved.st_dev && found.st_ino == saved.st_ino) return 0;
    return fchdir(state->folder) == 0;
}

static int runs(struct timeval time) {
    return time.tv_sec != 0 || time.tv_usec != 0;
}

/* A timer that nobody here knows of would end the program by its signal, some seconds later. */
static int restore_timers(const nino_process_state_t *state) {
    int changed = 0;
    for (int i = 0; i < 3; i++) {
        struct itimerval found;
        if (getitimer(timers[i], &found) != 0 || runs(found.it_value) == runs(state->timers[i].it_value)) continue;
        if (setitimer(timers[i], &state->timers[i], NULL) == 0) changed = 1;
    }
    return changed;
}

int nino_process_state_restore(nino_process_state_t *state) {
    int changed = restore_signals(state) ? NINO_CHANGED_SIGNALS : 0;
    if (restore_locale(state)) changed |= NINO_CHANGED_LOCALE;
    if (restore_folder(state)) changed |= NINO_CHANGED_FOLDER;
    if (restore_timers(state)) changed |= NINO_CHANGED_TIMERS;
    if (umask(state->creation_mask) != state->creation_mask) changed |= NINO_CHANGED_CREATION_MASK;
    if (state->folder >= 0) close(state->folder);
    free(state->locale);
    free(state);
    return changed;
}
