#pragma once

/* Forbids system calls to this process and the threads it starts; 0 also where the kernel has no seccomp. Privileges
 * cannot be gained any more by then (no_new_privs). */
int nino_install_filter(void);

/* Lets this process and the threads it starts read `readable` and what lies below, change no file, open no connection
 * and signal nobody else; 0 also where the kernel has no Landlock. */
int nino_install_landlock(const char *const readable[]);
