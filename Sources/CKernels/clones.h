// One loop, several instruction sets, chosen by the loader on x86-64; elsewhere the compiler's baseline already has
// them.
#pragma once

#if defined(__x86_64__) && defined(__linux__)
#define NINO_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NINO_CLONES
#endif

/// Helpers must be inlined to take on the instruction set of the loop around them.
#define NINO_INLINE static inline __attribute__((always_inline))

/// Before a loop in which element i depends on elements i alone: outputs may then be the very memory of inputs.
#define NINO_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
