#include "nino_ranks.h"
