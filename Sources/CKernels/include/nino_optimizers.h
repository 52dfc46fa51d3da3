#pragma once
#include <stdint.h>

/// The scalars of one AdamW step. Each is computed in double and rounded to float once.
typedef struct nino_adamw_scalars {
    float decay;                    ///< 1 - learning rate * weight decay
    float mean_weight;              ///< 1 - beta1
    float variance_decay;           ///< beta2
    float variance_weight;          ///< 1 - beta2
    float variance_correction_root; ///< sqrt(1 - beta2^step)
    float epsilon;
    float step_size; ///< learning rate / (1 - beta1^step)
} nino_adamw_scalars_t;

/// One AdamW step over `count` weights, in the order of float operations of PyTorch's single-tensor path.
/// All arrays hold `count` floats and must not overlap; `weights`, `mean` and `variance` are updated in place.
void nino_adamw_step(float *weights, float *mean, float *variance, const float *gradient, int64_t count,
                     nino_adamw_scalars_t scalars);

/// One step of stochastic gradient descent with momentum, as PyTorch's (no dampening, no Nesterov):
/// g = gradient + weight_decay * weights; buffer = momentum * buffer + g; weights -= learning_rate * buffer.
/// A zero `buffer` starts it, since then buffer = g. All arrays hold `count` floats and must not overlap.
void nino_sgd_step(float *weights, float *buffer, const float *gradient, int64_t count, float learning_rate,
                   float momentum, float weight_decay);
