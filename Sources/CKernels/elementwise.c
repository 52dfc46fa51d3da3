#include "nino_kernels.h"
