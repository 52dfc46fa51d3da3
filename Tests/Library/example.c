/* Trains nothing, and shows how a program that does would call the library: weights that move along a line are wrapped
 * by an optimizer with the paper's schedule, and a nowcast in memory is compared with the line. */
#include <math.h>
#include <nino.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT 6

static nino_message_t message;

static void need(nino_outcome_t outcome, const char *what) {
    if (outcome == NINO_DONE) return;
    fprintf(stderr, "%s: %s\n", what, message.text);
    exit(1);
}

/* One nowcast, three states ahead of five on a line. */
static void nowcast(nino_network_t *network, nino_nowcaster_t *nowcaster) {
    float states[5][COUNT], ahead[COUNT];
    nino_array_t inputs[5], output = {ahead, NINO_F32, NULL};
    for (int t = 0; t < 5; t++) {
        for (int i = 0; i < COUNT; i++) states[t][i] = (float)(i + t);
        inputs[t] = (nino_array_t){states[t], NINO_F32, NULL};
    }
    int64_t horizon = 3;
    need(nino_nowcast(network, nowcaster, inputs, &horizon, 1, &output, NULL, &message), "nowcast");
    for (int i = 0; i < COUNT; i++)
        if (fabsf(ahead[i] - (float)(i + 7)) > 1e-5f) exit(1);
}

/* A run of 20 steps, of which every fifth is a nowcast. Returns how many there were. */
static int train(nino_network_t *network, nino_nowcaster_t *nowcaster) {
    nino_optimizer_settings_t settings = {
        .policy = NINO_POLICY_SCHEDULE, .period = 5, .max_train_steps = 20, .edge_sample_ratio = 1};
    nino_optimizer_t *optimizer = NULL;
    need(nino_optimizer_create(network, nowcaster, &settings, &optimizer, &message), "optimizer");
    float weights[COUNT] = {0};
    nino_array_t array = {weights, NINO_F32, NULL};
    int nowcasts = 0;
    while (nino_optimizer_completed_steps(optimizer) < 20) {
        nino_event_t event;
        if (nino_optimizer_needs_gradients(optimizer)) {
            need(nino_optimizer_record(optimizer, &array, &message), "record");
            for (int i = 0; i < COUNT; i++) weights[i] += 0.5f;
        } else {
            need(nino_optimizer_nowcast(optimizer, &array, NULL, NULL, NULL, &event, &message), "step");
            nowcasts += event.kind == NINO_EVENT_NOWCAST;
        }
    }
    nino_bytes_t saved;
    need(nino_optimizer_save(optimizer, &saved, &message), "save");
    need(nino_optimizer_restore(optimizer, saved.data, saved.count, &message), "restore");
    if (nino_optimizer_restore(optimizer, saved.data, saved.count - 1, &message) != NINO_BAD_INPUT) exit(1);
    nino_bytes_destroy(&saved);
    nino_optimizer_destroy(optimizer);
    return nowcasts;
}

int main(void) {
    int64_t shape[] = {2, 3};
    nino_tensor_info_t tensor = {.name = "weight", .rank = 2, .shape = shape};
    nino_network_t *network = NULL;
    nino_nowcaster_t *nowcaster = NULL;
    need(nino_network_create(&tensor, 1, &network, &message), "network");
    need(nino_nowcaster_open("linefit", &nowcaster, &message), "nowcaster");
    nowcast(network, nowcaster);
    printf("nino %s: %d nowcasts\n", nino_library_version(), train(network, nowcaster));
    nino_nowcaster_destroy(nowcaster);
    nino_network_destroy(network);
    return 0;
}
