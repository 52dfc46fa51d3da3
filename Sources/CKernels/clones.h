// One loop, several instruction sets, chosen by the loader on x86-64; elsewhere the compiler's baseline already has
// them.
#pragma once

// Not under a sanitizer: it instruments the functions by which the loader chooses, which run before it is there.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NINO_SANITIZED
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && !defined(NINO_SANITIZED)
#define NINO_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NINO_CLONES
#endif

/// Helpers must be inlined to take on the instruction set of the loop around them.
#define NINO_INLINE static inline __attribute__((always_inline))

/// Before a loop in which element i depends on elements i alone: outputs may then be the very memory of inputs.
#define NINO_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
