// The ranks of a job over MPI. Built by `make mpi` with mpicc; the program itself needs no MPI.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nino_ranks.h"

enum { DATA_TAG = 1, FAILURE_TAG = 2 };

// A count of MPI is an int: longer messages are cut.
static const int64_t LARGEST = 1 << 30;

static MPI_Comm ranks = MPI_COMM_NULL;

typedef struct {
    int count;
    MPI_Request parts[];
} request_t;

static int start(nino_ranks_place_t *place, char *error, int64_t error_size) {
    int provided = 0, length = 0;
    char library[MPI_MAX_LIBRARY_VERSION_STRING];
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) {
        snprintf(error, (size_t)error_size, "MPI_Init_thread failed");
        return -1;
    }
    if (provided < MPI_THREAD_SERIALIZED) {
        snprintf(error, (size_t)error_size, "expected an MPI that threads may call in turn (MPI_THREAD_SERIALIZED)");
        return -1;
    }
    // A communicator of its own: messages of nobody else are seen.
    MPI_Comm local;
    MPI_Comm_dup(MPI_COMM_WORLD, &ranks);
    MPI_Comm_set_errhandler(ranks, MPI_ERRORS_RETURN);
    MPI_Comm_rank(ranks, &place->rank);
    MPI_Comm_size(ranks, &place->size);
    MPI_Comm_split_type(ranks, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
    MPI_Comm_size(local, &place->local_size);
    MPI_Comm_free(&local);
    MPI_Get_library_version(library, &length);
    snprintf(place->name, sizeof place->name, "%.*s", (int)strcspn(library, ",\n"), library);
    return 0;
}

static int64_t parts_of(const nino_rank_message_t *messages, int64_t count) {
    int64_t parts = 0;
    for (int64_t i = 0; i < count; i++) parts += (messages[i].count + LARGEST - 1) / LARGEST;
    return parts;
}

static int post_all(request_t *request, const nino_rank_message_t *messages, int64_t count, int is_send) {
    for (int64_t i = 0; i < count; i++) {
        for (int64_t done = 0; done < messages[i].count; done += LARGEST) {
            char *bytes = (char *)messages[i].bytes + done;
            int length = (int)(messages[i].count - done < LARGEST ? messages[i].count - done : LARGEST);
            MPI_Request *part = &request->parts[request->count];
            int status = is_send ? MPI_Isend(bytes, length, MPI_BYTE, messages[i].rank, DATA_TAG, ranks, part)
                                 : MPI_Irecv(bytes, length, MPI_BYTE, messages[i].rank, DATA_TAG, ranks, part);
            if (status != MPI_SUCCESS) return -1;
            request->count++;
        }
    }
    return 0;
}

static void *post(const nino_rank_message_t *sends, int64_t send_count, const nino_rank_message_t *receives,
                  int64_t receive_count) {
    int64_t parts = parts_of(sends, send_count) + parts_of(receives, receive_count);
    request_t *request = calloc(1, sizeof *request + (size_t)parts * sizeof(MPI_Request));
    if (!request) return NULL;
    // Room first, so that nothing that arrives has to be kept elsewhere.
    if (post_all(request, receives, receive_count, 0) != 0 || post_all(request, sends, send_count, 1) != 0) {
        free(request);
        return NULL;
    }
    return request;
}

static int test(void *opaque) {
    request_t *request = opaque;
    int is_done = 0;
    int status = MPI_Testall(request->count, request->parts, &is_done, MPI_STATUSES_IGNORE);
    if (status == MPI_SUCCESS && !is_done) return 0;
    free(request);
    return status == MPI_SUCCESS ? 1 : -1;
}

static int tell(const char *text, int64_t count) {
    MPI_Request request;
    // The text stays until the process ends.
    char *kept = malloc((size_t)count + 1);
    if (!kept) return -1;
    memcpy(kept, text, (size_t)count);
    return MPI_Isend(kept, (int)count, MPI_BYTE, 0, FAILURE_TAG, ranks, &request) == MPI_SUCCESS ? 0 : -1;
}

static int64_t told(int32_t *rank, char *text, int64_t size) {
    int is_over = 0, is_there = 0, length = 0;
    MPI_Status status;
    // Whoever listens goes on to the end of the process.
    if (MPI_Finalized(&is_over) != MPI_SUCCESS || is_over) return -1;
    if (MPI_Iprobe(MPI_ANY_SOURCE, FAILURE_TAG, ranks, &is_there, &status) != MPI_SUCCESS || !is_there) return -1;
    MPI_Get_count(&status, MPI_BYTE, &length);
    char *whole = malloc((size_t)length + 1);
    if (!whole) return -1;
    MPI_Recv(whole, length, MPI_BYTE, status.MPI_SOURCE, FAILURE_TAG, ranks, MPI_STATUS_IGNORE);
    *rank = status.MPI_SOURCE;
    memcpy(text, whole, (size_t)(length < size ? length : size));
    free(whole);
    return length < size ? length : size;
}

static void end_all(int status) {
    MPI_Abort(ranks, status);
}

static void finish(void) {
    MPI_Comm_free(&ranks);
    MPI_Finalize();
}

__attribute__((visibility("default"))) const nino_ranks_t *nino_ranks_entry(void) {
    static const nino_ranks_t table = {NINO_RANKS_VERSION, start, post, test, tell, told, end_all, finish};
    return &table;
}
