/* Has a version that is no UTF-8. */
#include "../hostile.h"

HOSTILE("not-text", entry->version = "1.0\xff")
