/*
 * Under the thread sanitizer: tells it what a Swift `Mutex` orders. Its fast paths are in the code that uses it, and so
 * seen; those where a thread waits are in Swift's run-time library, which is not instrumented: without this every lock
 * that is waited for looks like none. The functions stand before those of the library and call them.
 *
 * Source of the names and conventions: swift/stdlib/public/Synchronization/Mutex/LinuxImpl.swift of Swift 6.3.
 */
#if defined(__has_feature) && __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SELF __attribute__((swift_context)) void *

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void lock_t(uint32_t thread, SELF handle);
typedef __attribute__((swiftcall)) void unlock_t(SELF handle);

lock_t nino_mutex_lock_slow __asm__(LOCK);
unlock_t nino_mutex_unlock_slow __asm__(UNLOCK);

__attribute__((swiftcall)) void nino_mutex_lock_slow(uint32_t thread, SELF handle) {
    ((lock_t *)dlsym(RTLD_NEXT, LOCK))(thread, handle);
    __tsan_acquire(handle);
}

__attribute__((swiftcall)) void nino_mutex_unlock_slow(SELF handle) {
    __tsan_release(handle);
    ((unlock_t *)dlsym(RTLD_NEXT, UNLOCK))(handle);
}

#endif
