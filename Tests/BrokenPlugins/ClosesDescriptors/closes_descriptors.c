/* Closes every descriptor, the host's among them. */
#include "../hostile.h"

static void close_all(void) {
    for (int descriptor = 0; descriptor < 4096; descriptor++) close(descriptor);
}

HOSTILE("closes-descriptors", close_all())
