/* Writes a file, opens a socket and raises its limits, and crashes where one of these works. */
#include "../hostile.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

__attribute__((constructor)) static void reach_out(void) {
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    int worked = open("/tmp/nino-test-reached-out", O_CREAT | O_WRONLY, 0600) >= 0;
    worked |= mkdir("/tmp/nino-test-reached-out", 0700) == 0;
    worked |= socket(AF_INET, SOCK_STREAM, 0) >= 0;
    worked |= setrlimit(RLIMIT_AS, &more) == 0;
    if (worked) abort();
}

HOSTILE("reaches-out", (void)0)
