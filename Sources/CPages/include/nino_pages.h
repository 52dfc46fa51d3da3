// Styles and scripts of HTML pages, as bytes of the program.
#pragma once
#include <stddef.h>

typedef struct {
    /// Path under assets/.
    const char *name;
    const unsigned char *bytes;
    size_t count;
} nino_page_file_t;

/// The file of that name; NULL if there is none.
const nino_page_file_t *nino_page_file(const char *name);
