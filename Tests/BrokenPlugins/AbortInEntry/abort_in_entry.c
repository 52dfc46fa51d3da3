/* Calls abort in its entry. */
#include "../hostile.h"

HOSTILE("abort-in-entry", abort())
