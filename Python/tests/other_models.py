"""Models of torchvision and transformers that are not among the 34 families."""

from __future__ import annotations

import torch
import torchvision
from families import TEXT, VISION, VOCABULARY, ids, image, language, model, vision
from more_modules import MORE
from torch import nn
from traced_models import MODELS
from user_models import OWN, Video

_GROUPED = TEXT | {"num_key_value_heads": 2}
_SMALL = {key: value for key, value in TEXT.items() if key not in ("pad_token_id", "bos_token_id", "eos_token_id")}


def _translation(name: str, config: str, **more):
    settings = {f"{part}_{key}": value for part in ("encoder", "decoder") for key, value in _LAYERS.items()}
    settings |= {"vocab_size": VOCABULARY, "d_model": 16, "max_position_embeddings": 64, "pad_token_id": 0}
    inputs = {"input_ids": ids(), "decoder_input_ids": ids(9)}
    return model(name, config, inputs, **settings, eos_token_id=2, decoder_start_token_id=0, **more)


_LAYERS = {"layers": 1, "attention_heads": 4, "ffn_dim": 24}


def _masked(name: str, **more):
    return model(f"{name}ForMaskedLM", name, {"input_ids": ids()}, **TEXT | more)


def _wav2vec2():
    settings = {"vocab_size": 20, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    settings |= {"num_attention_heads": 4, "conv_dim": (8, 8), "conv_stride": (4, 2), "conv_kernel": (8, 3)}
    settings |= {"num_feat_extract_layers": 2, "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2}
    settings |= {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
    return model("Wav2Vec2ForCTC", "Wav2Vec2", {"input_values": torch.randn(2, 160)}, **settings)


def _segformer():
    settings = {"num_encoder_blocks": 2, "depths": [1, 1], "sr_ratios": [2, 1], "hidden_sizes": [8, 12]}
    settings |= {"patch_sizes": [7, 3], "strides": [4, 2], "num_attention_heads": [2, 3], "mlp_ratios": [2, 2]}
    settings |= {"decoder_hidden_size": 10, "num_labels": 4}
    return model("SegformerForSemanticSegmentation", "Segformer", {"pixel_values": image()}, **settings)


def _picture(name: str, config: str, **more):
    return model(name, config, {"pixel_values": image()}, **VISION | more)


def _resnext():
    Block = torchvision.models.resnet.Bottleneck
    return torchvision.models.ResNet(Block, [1, 1, 0, 0], 5, groups=4, width_per_group=4), {"x": image()}


def _regnet():
    from torchvision.models.regnet import BlockParams, RegNet

    params = BlockParams([1, 2], [16, 24], [8, 8], [1.0, 1.0], [2, 2], se_ratio=0.25)
    return RegNet(params, num_classes=5, stem_width=8), {"x": image()}


def _swin_v2():
    from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformer, SwinTransformerBlockV2

    made = SwinTransformer(
        [4, 4], 12, [2, 2], [2, 4], [4, 4], num_classes=5, block=SwinTransformerBlockV2,
        downsample_layer=PatchMergingV2,
    )  # fmt: skip
    return made, {"x": image(64)}


def _maxvit():
    settings = {"input_size": (32, 32), "stem_channels": 8, "partition_size": 2, "block_channels": [8, 16]}
    settings |= {"block_layers": [1, 1], "head_dim": 4, "stochastic_depth_prob": 0.0, "num_classes": 5}
    return torchvision.models.MaxVit(**settings), {"x": image(32)}


def _segmentation(name: str):
    backbone = torchvision.models.mobilenet_v3_small().features[:4]
    body = torchvision.models._utils.IntermediateLayerGetter(nn.Sequential(*backbone), {"3": "out"})
    if name == "fcn":
        head = torchvision.models.segmentation.fcn.FCNHead(24, 5)
        return torchvision.models.segmentation.FCN(body, head), {"x": image(64)}
    head = torchvision.models.segmentation.deeplabv3.DeepLabHead(24, 5, (2, 3))
    return torchvision.models.segmentation.DeepLabV3(body, head), {"x": image(64)}


def _whole(name: str, size: int):
    made, inputs = vision(name, size, init_weights=False, aux_logits=False)
    return made, inputs


OTHERS = {
    "ResNeXt": _resnext,
    "RegNet": _regnet,
    "MNASNet": lambda: vision("mnasnet0_5"),
    "GoogLeNet": lambda: _whole("googlenet", 64),
    "Inception V3": lambda: _whole("inception_v3", 96),
    "SqueezeNet": lambda: vision("squeezenet1_1"),
    "MaxViT": _maxvit,
    "Swin V2": _swin_v2,
    "ShuffleNet V2": lambda: vision("shufflenet_v2_x0_5"),
    "AlexNet": lambda: vision("alexnet"),
    "FCN": lambda: _segmentation("fcn"),
    "DeepLab V3": lambda: _segmentation("deeplab"),
    "GPT-J": lambda: language(
        "GPTJ", vocab_size=VOCABULARY, n_embd=16, n_layer=1, n_head=4, n_positions=32, rotary_dim=2
    ),
    "GPT-Neo": lambda: language(
        "GPTNeo",
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_layers=2,
        num_heads=4,
        max_position_embeddings=32,
        attention_types=[[["global", "local"], 1]],
        window_size=4,
        intermediate_size=24,
    ),  # fmt: skip
    "Falcon": lambda: language(
        "Falcon", vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=1, num_attention_heads=4
    ),
    "StableLM": lambda: language("StableLm", **_GROUPED),
    "Gemma 3": lambda: model(
        "Gemma3ForCausalLM", "Gemma3Text", {"input_ids": ids()}, **_GROUPED, head_dim=4, sliding_window=8
    ),
    "OLMo": lambda: language("Olmo", **_GROUPED),
    "OLMo 2": lambda: language("Olmo2", **_GROUPED),
    "Cohere": lambda: language("Cohere", **_GROUPED),
    "Granite": lambda: language("Granite", **_GROUPED),
    "Starcoder 2": lambda: language("Starcoder2", **_GROUPED),
    "Qwen2-MoE": lambda: language(
        "Qwen2Moe",
        **_GROUPED,
        num_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=12,  # PyTorch wants rows of a multiple of 16 bytes
        shared_expert_intermediate_size=12,
    ),  # fmt: skip
    "BigCode": lambda: language("GPTBigCode", vocab_size=VOCABULARY, n_positions=32, n_embd=16, n_layer=1, n_head=4),
    "XGLM": lambda: language(
        "XGLM",
        vocab_size=VOCABULARY,
        d_model=16,
        ffn_dim=24,
        num_layers=1,
        attention_heads=4,
        max_position_embeddings=32,
    ),  # fmt: skip
    "RWKV": lambda: language("Rwkv", vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, context_length=32),
    "BART": lambda: _translation("BartForConditionalGeneration", "Bart", bos_token_id=1),
    "Marian": lambda: _translation("MarianMTModel", "Marian", decoder_vocab_size=VOCABULARY),
    "Pegasus": lambda: _translation("PegasusForConditionalGeneration", "Pegasus"),
    "wav2vec 2.0": _wav2vec2,
    "DeBERTa V2": lambda: _masked(
        "DebertaV2", relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8, max_relative_positions=16
    ),
    "ALBERT": lambda: _masked("Albert", embedding_size=8),
    "ELECTRA": lambda: _masked("Electra", embedding_size=8),
    "MPNet": lambda: _masked("MPNet"),
    "XLNet": lambda: language("XLNet", vocab_size=VOCABULARY, d_model=16, n_layer=1, n_head=4, d_inner=24),
    "Funnel": lambda: model(
        "FunnelForMaskedLM",
        "Funnel",
        {"input_ids": ids()},
        vocab_size=VOCABULARY,
        block_sizes=[1, 1],
        d_model=16,
        n_head=4,
        d_head=4,
        d_inner=24,
        num_decoder_layers=1,
    ),  # fmt: skip
    "DINOv2": lambda: _picture("Dinov2Model", "Dinov2"),
    "BEiT": lambda: _picture("BeitForImageClassification", "Beit", num_labels=5, use_relative_position_bias=True),
    "SegFormer": _segformer,
    "SigLIP": lambda: _picture("SiglipVisionModel", "SiglipVision"),
    **OWN,
    **MORE,
    **{f"own: {name}": MODELS[name] for name in MODELS if name not in ("gpt2", "llama", "gemma2", "mixtral", "bloom")},
}

REFUSED = {
    "video": lambda: (Video(), {"frames": torch.randn(2, 3, 4, 8, 8)}),
    "ResNet 3D": lambda: (torchvision.models.video.r3d_18(num_classes=5), {"x": torch.randn(2, 3, 4, 32, 32)}),
}
"""Models that cannot be carried."""
