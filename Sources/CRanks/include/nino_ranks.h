// What a library that connects the ranks of a job gives nino: `libNinoMPI.so`, one for each implementation of MPI.
//
// Calls come from any thread, one at a time. No call waits, but `start` and `finish`, which need all ranks.
#pragma once
#include <stdint.h>

#define NINO_RANKS_VERSION 1

/// Where a process stands.
typedef struct {
    int32_t rank, size;
    /// Ranks on this machine.
    int32_t local_size;
    /// Of the implementation.
    char name[128];
} nino_ranks_place_t;

/// Bytes for a rank, or room for bytes from it.
typedef struct {
    void *bytes;
    int64_t count;
    int32_t rank;
} nino_rank_message_t;

typedef struct {
    uint32_t version;
    /// 0, or -1 with the reason in `error`.
    int (*start)(nino_ranks_place_t *place, char *error, int64_t error_size);
    /// Begins to send and receive; messages between two ranks keep their order. NULL if it cannot.
    void *(*post)(const nino_rank_message_t *sends, int64_t send_count, const nino_rank_message_t *receives,
                  int64_t receive_count);
    /// 1 once all is done, -1 if it failed (either ends the request), else 0.
    int (*test)(void *request);
    /// Tells rank 0 why this one has failed.
    int (*tell)(const char *text, int64_t count);
    /// On rank 0: the length of what another rank told, cut to `size`, or -1.
    int64_t (*told)(int32_t *rank, char *text, int64_t size);
    /// Ends all ranks.
    void (*abort)(int status);
    void (*finish)(void);
} nino_ranks_t;

/// What the library exports, under this name.
const nino_ranks_t *nino_ranks_entry(void);
