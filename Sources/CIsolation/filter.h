#pragma once

/* Forbids system calls to this process and the threads it starts; 0 also where the kernel has no seccomp. */
int nino_install_filter(void);
