#define _GNU_SOURCE
#include <signal.h>
#include <string.h>

#include "nino_isolation.h"

void nino_remember_signals(nino_signals_t *signals) {
    memset(signals, 0, sizeof *signals);
    for (int i = 1; i <= 64; i++) sigaction(i, NULL, &signals->actions[i]);
    sigaltstack(NULL, &signals->stack);
}

void nino_restore_signals(const nino_signals_t *signals) {
    for (int i = 1; i <= 64; i++) {
        struct sigaction now;
        if (sigaction(i, NULL, &now) != 0 || now.sa_handler == signals->actions[i].sa_handler) continue;
        sigaction(i, &signals->actions[i], NULL);
    }
    stack_t stack;
    if (sigaltstack(NULL, &stack) == 0 && stack.ss_sp != signals->stack.ss_sp) sigaltstack(&signals->stack, NULL);
}
