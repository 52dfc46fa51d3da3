// What Linux offers for running untrusted code in a child process and Swift cannot call: GNU and variadic functions of
// the C library.
//
// Functions that can fail return -1 and leave the reason in errno.
#pragma once
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/// Makes a pipe that no other child inherits: ends[0] to read, without waiting; ends[1] to write.
int nino_pipe(int ends[2]);

/// A file without a name that holds `count` bytes, to be read from its start.
int nino_memory_file(const void *bytes, int64_t count);

/// Starts a program as the leader of a session and a process group of its own, so without a terminal, with standard
/// signal handling and no descriptors but the given standard input, output and error. Returns its process id.
pid_t nino_spawn(const char *program, char *const arguments[], char *const environment[], int input, int output,
                 int error);

/// A descriptor that becomes readable when the process ends.
int nino_process_descriptor(pid_t process);

/// 1 if an access control list says more about who may change the file than its mode does, else 0.
int nino_has_access_list(const char *path);

/// Path of the file that this code was loaded from: a shared library, or /proc/self/exe for the program itself. NULL if
/// it cannot be told.
const char *nino_image_path(void);

/// The same for the file that an address was loaded from. The path stays valid as long as that is loaded.
const char *nino_image_of(const void *address);

/// What signals do in this process, and the stack on which the calling thread handles them.
typedef struct {
    struct sigaction actions[65];
    stack_t stack;
} nino_signals_t;

/// Takes down what signals do.
void nino_remember_signals(nino_signals_t *signals);

/// Puts back what has been changed since.
void nino_restore_signals(const nino_signals_t *signals);

/// What this process may use from now on.
typedef struct {
    /// Bytes of memory above what it has mapped already.
    int64_t memory_bytes;
    int64_t processor_seconds;
} nino_limits_t;

/// Confines this process, before it runs code it does not trust, and all threads it will start:
/// - it ends with its parent, and at once if that is no longer `parent`;
/// - memory and processor time are limited; files cannot grow; it leaves no core dump;
/// - of root's powers it keeps that of reading alone, and it can gain none;
/// - it opens no file but those in `readable`, paths of files and folders up to a NULL, and those for reading alone;
/// - starting a process or a program, tracing, and signals to other processes end it with SIGSYS; system calls that a
///   plugin has no reason for fail.
///
/// A kernel without Landlock or seccomp does what it can.
int nino_confine(pid_t parent, nino_limits_t limits, const char *const readable[]);

/// How many system calls the filter lets pass, some of them under a condition.
int nino_allowed_call_count(void);

/// A thread's floating-point environment.
typedef struct {
    uint64_t words[8];
} nino_float_state_t;

/// Takes down how this thread computes.
void nino_float_state_save(nino_float_state_t *state);

/// Puts it back; 1 if rounding, traps or the treatment of numbers near zero had been changed, else 0.
int nino_float_state_restore(const nino_float_state_t *state);

/// Signal handlers and mask, timers, locale, working folder and the mask of new files' permissions.
typedef struct nino_process_state nino_process_state_t;

/// Takes them down; NULL if there is no memory.
nino_process_state_t *nino_process_state_save(void);

#define NINO_CHANGED_SIGNALS 1
#define NINO_CHANGED_LOCALE 2
#define NINO_CHANGED_FOLDER 4
#define NINO_CHANGED_CREATION_MASK 8
#define NINO_CHANGED_TIMERS 16

/// Puts them back and frees what was taken down; tells which of them had been changed.
int nino_process_state_restore(nino_process_state_t *state);
