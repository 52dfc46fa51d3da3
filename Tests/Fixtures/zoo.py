"""Writes zoo.json: logits, loss and gradients of tiny transformers, computed by transformers, torchvision and
nanogpt.py.

Run with PyTorch 2.15, transformers 5.24, torchvision 0.29 (CPU, float32). The configs are those that save_pretrained
writes.
Weights follow a formula, so they are not stored: scalar k of the tensor that is number n in the alphabetical list of
names is
0.3 sin(1.7 k + n), plus 1 in norm weights; pixels are sin(0.9 k). Labels are those given, one for
each example or each position, else the tokens. Gradients are stored as the Euclidean norm of each tensor's.

Tolerance in the tests: logits and loss 1e-4 and 1e-5, gradient norms 1e-3, relative to the largest; measured 1e-6.
"""

import json
import math
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file
from torchvision.models.vision_transformer import VisionTransformer

from nanogpt import NanoGPT

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)


def fill(tensors):
    def value(name, number, tensor):
        shift = 1 if tensor.dim() == 1 and name.endswith("weight") else 0
        return torch.tensor([0.3 * math.sin(1.7 * k + number) + shift for k in range(tensor.numel())]).reshape(
            tensor.shape
        )

    return {name: value(name, number, tensors[name]) for number, name in enumerate(sorted(tensors))}


def case(model, inputs, config=None):
    with tempfile.TemporaryDirectory() as folder:
        if config is None:  # through files, whose names differ from those in memory
            model.save_pretrained(folder)
            config = json.load(open(f"{folder}/config.json"))
            save_file(
                fill(load_file(f"{folder}/model.safetensors")), f"{folder}/model.safetensors", metadata={"format": "pt"}
            )
            model = type(model).from_pretrained(folder)
        else:
            model.load_state_dict(fill(model.state_dict()))
        model.eval()
        if "input_ids" in inputs:
            given = {name: torch.tensor(values) for name, values in inputs.items()}
            ids = given["input_ids"]
            labels = given.setdefault("labels", ids)
            if labels.numel() == ids.numel():
                given["labels"] = labels.reshape(ids.shape)
            output = model(**given)
            logits, loss = output.logits, output.loss
        else:
            shape = inputs["pixels"]
            pixels = torch.tensor([math.sin(0.9 * k) for k in range(math.prod(shape))]).reshape(shape)
            output = model(pixels)
            logits = (
                output
                if torch.is_tensor(output)
                else output.image_embeds
                if "image_embeds" in output
                else output.logits
            )
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(inputs["labels"]))
        loss.backward()
        for parameter in model.parameters():
            parameter.data = parameter.grad
        if hasattr(model, "save_pretrained"):
            model.save_pretrained(folder)
            gradients = load_file(f"{folder}/model.safetensors")
        else:
            gradients = model.state_dict()
        digits = lambda x: float(f"{float(x):.7g}")
        norms = {name: digits(gradients[name].double().norm()) for name in sorted(gradients)}
        return dict(
            config=config,
            inputs=inputs,
            logits=[digits(x) for x in logits.flatten()],
            loss=digits(loss),
            gradientNorms=norms,
        )


text = dict(input_ids=[[1, 4, 2, 0, 3], [3, 3, 1, 5, 2]])
llama = dict(
    vocab_size=6,
    hidden_size=8,
    intermediate_size=10,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    bos_token_id=0,
    eos_token_id=1,
)
scaling = dict(
    rope_type="llama3",
    rope_theta=1000.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=16,
)
masked = dict(
    text, labels=[-100, 5, -100, -100, 0, 2, -100, 1, -100, -100], token_type_ids=[[0, 0, 0, 1, 1], [0, 1, 1, 1, 1]]
)
sentences = dict(text, labels=[2, 0])
images = dict(pixels=[2, 3, 6, 6], labels=[1, 0])
torchvision = dict(
    image_size=6,
    patch_size=3,
    num_layers=2,
    num_heads=2,
    hidden_dim=8,
    mlp_dim=10,
    num_classes=4,
    representation_size=5,
)
G, L, Q, V = transformers.GPT2Config, transformers.LlamaConfig, transformers.Qwen3Config, transformers.ViTConfig
B, C = transformers.BertConfig, transformers.CLIPVisionConfig
bert = dict(
    vocab_size=6,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=10,
    max_position_embeddings=7,
)
nanogpt = dict(vocab_size=6, n_layer=2, n_head=2, n_embd=8)
gpt2 = dict(vocab_size=6, n_positions=7, n_embd=8, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=1)
cases = dict(
    gpt2=case(transformers.GPT2LMHeadModel(G(**gpt2)), text),
    gpt2_untied=case(transformers.GPT2LMHeadModel(G(**gpt2, n_inner=5, tie_word_embeddings=False)), text),
    llama_scaled=case(
        transformers.LlamaForCausalLM(L(**llama, head_dim=6, rope_parameters=scaling, tie_word_embeddings=True)), text
    ),
    llama_biases=case(
        transformers.LlamaForCausalLM(L(**llama, attention_bias=True, mlp_bias=True, pad_token_id=3)), text
    ),
    qwen3=case(transformers.Qwen3ForCausalLM(Q(**llama, head_dim=6, attention_bias=True)), text),
    vit=case(
        transformers.ViTForImageClassification(
            V(
                hidden_size=8,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=10,
                image_size=6,
                patch_size=3,
                num_labels=4,
            )
        ),
        images,
    ),
    torchvision_vit=case(VisionTransformer(**torchvision), images, dict(torchvision, model_type="torchvision_vit")),
    bert=case(transformers.BertForMaskedLM(B(**bert)), masked),
    bert_classifier=case(transformers.BertForSequenceClassification(B(**bert, num_labels=3)), sentences),
    clip=case(
        transformers.CLIPVisionModelWithProjection(
            C(
                hidden_size=8,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=10,
                image_size=6,
                patch_size=3,
                projection_dim=5,
            )
        ),
        images,
    ),
    nanogpt=case(NanoGPT(**nanogpt), text, dict(nanogpt, model_type="modded_nanogpt")),
)
json.dump(cases, open("zoo.json", "w"), separators=(",", ":"))
