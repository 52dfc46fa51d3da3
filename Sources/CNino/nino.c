// Compiles the header as C.
#include "nino.h"
