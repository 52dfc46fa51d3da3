// The NiNo checkpoint that ships with the program, byte by byte as in nino.safetensors.
#pragma once
#include <stddef.h>

/// The first byte.
const void *nino_pretrained(void);
size_t nino_pretrained_size(void);
