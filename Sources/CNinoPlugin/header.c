#include "nino_plugin.h"
