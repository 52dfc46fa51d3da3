"""Every model of the tables in docs/traced.md: exported, its outputs PyTorch's, nowcast and loaded back. Proofs take
minutes for some, so here for a few of different kinds, and for all with NINO_FAMILIES=1.
"""

import os

import pytest
from families import FAMILIES
from family_table import measure
from nino.tracing import ExportError, export
from other_models import OTHERS, REFUSED

MODELS = {**FAMILIES, **OTHERS}
PROVEN = [
    "GPT-2",
    "CLIP",
    "LSTM",
    "U-Net",
    "ConvNeXt",
    "Swin",
    "own: encoder-decoder",
    "top-k experts",
    "learned latents",
    "ShuffleNet V2",
    "Swin V2",
]

LARGE = ["VGG-11", "AlexNet", "Inception V3", "ResNet-18"]
"""Of ten to a hundred million parameters, a nowcast of which takes a minute; with NINO_FAMILIES=1 alone."""


def test_number_of_models():
    assert len(FAMILIES) == 34 and len(OTHERS) >= 90 and {*PROVEN, *LARGE} < set(MODELS)


@pytest.mark.parametrize("name", MODELS if "NINO_FAMILIES" in os.environ else PROVEN)
def test_everything_holds(name):
    row = measure(name, MODELS[name])
    assert row.is_whole, row
    assert row.groups > 0 and row.controls > 0


@pytest.mark.parametrize("name", [name for name in MODELS if name not in (*PROVEN, *LARGE)])
def test_exports_and_nowcasts(name):
    row = measure(name, MODELS[name], proofs=False)
    assert row.logits < 1e-5 and row.nowcast and not row.failure, row


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name):
    model, inputs = REFUSED[name]()
    with pytest.raises(ExportError, match=r'^module "stem.*" \(Conv3d\): aten.conv3d.*: .* over three axes') as error:
        export(model, kwargs=inputs)
    assert "\n" not in str(error.value)
