/* Landlock: which files a process may open, decided by the kernel at every path, also for what the filter lets pass. */
#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel's linux/landlock.h has it, here so that older headers do: version 6 knows all of it. */
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIRECTORY (UINT64_C(1) << 3)
#define RULE_PATH_BENEATH 1
#define CREATE_RULESET_VERSION 1

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* File rights by version: 13 at first, then refer, truncate, -, control of devices. */
static uint64_t file_rights(long version) {
    const int counts[] = {13, 14, 15, 15, 16};
    return (UINT64_C(1) << counts[version > 5 ? 4 : version - 1]) - 1;
}

/* A path that is not there, or that this process could not open anyway, needs no rule. */
static int allow_reading(int ruleset, const char *path) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return 0;
    struct stat status;
    int failure = fstat(place, &status);
    struct path_beneath rule = {READ_FILE, place};
    if (S_ISDIR(status.st_mode)) rule.allowed |= READ_DIRECTORY;
    if (failure == 0) failure = (int)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    close(place);
    return failure;
}

int nino_install_landlock(const char *const readable[]) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (version < 1) return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -1;
    struct ruleset rights = {file_rights(version), version >= 4 ? 3 : 0, version >= 6 ? 3 : 0};
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, size, 0);
    if (ruleset < 0) return -1;
    int failure = 0;
    for (int i = 0; readable[i] != NULL && failure == 0; i++) failure = allow_reading(ruleset, readable[i]);
    if (failure == 0) failure = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
    int reason = errno;
    close(ruleset);
    errno = reason;
    return failure;
}
