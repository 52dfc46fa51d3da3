/* Writes into every descriptor what it wants the host to believe. */
#include "../hostile.h"

static void forge(void) {
    const char lie[] = "record {\"id\": \"test.trusted\"}\nend\n";
    for (int descriptor = 0; descriptor < 4096; descriptor++) {
        ssize_t count = write(descriptor, lie, sizeof lie - 1);
        (void)count;
    }
    _exit(0);
}

HOSTILE("forged-records", forge())
