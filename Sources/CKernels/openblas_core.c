#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "nino_kernels.h"

// OpenBLAS picks its kernels by the model number of the processor. One that is newer than itself gets the oldest of
// all, "Prescott".

// What OpenBLAS exports without a header (driver/others/dynamic.c). Weak: it may have been built for one processor.
char *openblas_get_corename(void) __attribute__((weak));
void gotoblas_dynamic_init(void) __attribute__((weak));
void gotoblas_dynamic_quit(void) __attribute__((weak));

const char *nino_better_core(const char *chosen, const char *instruction_set) {
    if (strcmp(chosen, "Prescott") != 0) return NULL;
    if (strcmp(instruction_set, "x86-64-v4") == 0) return "SkylakeX";
    if (strcmp(instruction_set, "x86-64-v3") == 0) return "Haswell";
    return NULL;
}

/// Lets OpenBLAS choose again, before anything is computed, unless the user has chosen.
__attribute__((constructor)) static void choose_core(void) {
    if (!openblas_get_corename || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
    if (getenv("OPENBLAS_CORETYPE")) return;
    // Inside of libnino.so OpenBLAS may not have chosen yet. A second time changes nothing.
    gotoblas_dynamic_init();
    const char *core = nino_better_core(openblas_get_corename(), nino_instruction_set());
    if (!core) return;
    char setting[64];
    snprintf(setting, sizeof setting, "OPENBLAS_CORETYPE=%s", core);
    // Not setenv: it moves the environment, behind which Swift's runtime finds the program's arguments.
    char *only[] = {setting, NULL};
    char **environment = environ;
    environ = only;
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    environ = environment;
}
