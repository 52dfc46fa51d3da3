#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "nino_isolation.h"

/* What is looked for, and what was found. */
typedef struct {
    ElfW(Addr) address;
    int index;
    const char *path;
} search_t;

static int visit(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    search_t *search = context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        ElfW(Addr) start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD || search->address < start || search->address >= start + segment->p_memsz)
            continue;
        /* The program itself comes first. */
        search->path = search->index == 0 ? "/proc/self/exe" : info->dlpi_name;
        return 1;
    }
    search->index++;
    return 0;
}

const char *nino_image_of(const void *address) {
    search_t search = {.address = (ElfW(Addr))address, .index = 0, .path = NULL};
    dl_iterate_phdr(visit, &search);
    return search.path;
}

const char *nino_image_path(void) {
    return nino_image_of((const void *)(uintptr_t)&nino_image_path);
}
