// Compiles the header as C.
#include "nino_plugin.h"
