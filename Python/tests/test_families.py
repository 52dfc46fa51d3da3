"""Every model of the tables in docs/traced.md; takes half an hour, so only with NINO_FAMILIES=1."""

import os

import pytest
from families import FAMILIES
from family_table import measure
from nino.tracing import ExportError, export
from other_models import OTHERS, REFUSED


def test_number_of_models():
    assert len(FAMILIES) == 34 and len(OTHERS) >= 60


@pytest.mark.skipif("NINO_FAMILIES" not in os.environ, reason="takes half an hour: set NINO_FAMILIES=1")
@pytest.mark.parametrize("name", [*FAMILIES, *OTHERS])
def test_everything_holds(name):
    row = measure(name, {**FAMILIES, **OTHERS}[name])
    assert row.is_whole, row
    assert row.groups > 0 and row.controls > 0


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name):
    model, inputs = REFUSED[name]()
    with pytest.raises(ExportError, match=r'^module "stem.*" \(Conv3d\): aten.conv3d.*: .* over three axes') as error:
        export(model, kwargs=inputs)
    assert "\n" not in str(error.value)
