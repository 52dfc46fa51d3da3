/* Has a name that clears the terminal. */
#include "../hostile.h"

HOSTILE("terminal-codes", entry->name = "good\x1b[2J")
