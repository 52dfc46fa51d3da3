#include "nino_pretrained.h"

// Part of the program rather than a file beside it: there is no place to look for it, and no installation without it.
static const unsigned char contents[] = {
#embed "nino.safetensors"
};

const void *nino_pretrained(void) {
    return contents;
}

size_t nino_pretrained_size(void) {
    return sizeof contents;
}
