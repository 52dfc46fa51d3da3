#include "nino_optimizers.h"
#include <math.h>

#include "clones.h"

// Additions and products are fused where PyTorch fuses them, by name, and nowhere else: otherwise the result of a step
// would depend on the instruction set that the machine has.
#pragma clang fp contract(off)

NINO_CLONES
void nino_adamw_step(float *restrict weights, float *restrict mean, float *restrict variance,
                     const float *restrict gradient, int64_t count, nino_adamw_scalars_t s) {
    for (int64_t i = 0; i < count; i++) {
        float g = gradient[i];
        float decayed = weights[i] * s.decay;
        float m = __builtin_fmaf(s.mean_weight, g - mean[i], mean[i]);
        float v = __builtin_fmaf(s.variance_weight * g, g, variance[i] * s.variance_decay);
        float denominator = sqrtf(v) / s.variance_correction_root + s.epsilon;
        mean[i] = m;
        variance[i] = v;
        weights[i] = decayed + -s.step_size * m / denominator;
    }
}

NINO_CLONES
void nino_sgd_step(float *restrict weights, float *restrict buffer, const float *restrict gradient, int64_t count,
                   float learning_rate, float momentum, float weight_decay) {
    for (int64_t i = 0; i < count; i++) {
        float g = __builtin_fmaf(weight_decay, weights[i], gradient[i]);
        float b = momentum * buffer[i] + g;
        buffer[i] = b;
        weights[i] = __builtin_fmaf(-learning_rate, b, weights[i]);
    }
}
