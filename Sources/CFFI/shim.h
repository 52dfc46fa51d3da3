#pragma once
#include <ffi.h>

// libffi's types are global variables, which Swift takes for shared mutable state; nobody writes them.
static inline ffi_type *nino_ffi_void(void) {
    return &ffi_type_void;
}
static inline ffi_type *nino_ffi_pointer(void) {
    return &ffi_type_pointer;
}
static inline ffi_type *nino_ffi_float(void) {
    return &ffi_type_float;
}
static inline ffi_type *nino_ffi_double(void) {
    return &ffi_type_double;
}
static inline ffi_type *nino_ffi_int32(void) {
    return &ffi_type_sint32;
}
static inline ffi_type *nino_ffi_int64(void) {
    return &ffi_type_sint64;
}
