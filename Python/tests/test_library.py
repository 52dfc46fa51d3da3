"""Functions of the C library that the package itself has no use for."""

import ctypes
import json

import pytest
from models import CNN
from nino import NinoError
from nino import _library as lib
from nino._handles import session


def verify(config):
    made, report, holds = session(), lib.Bytes(), ctypes.c_int32(-1)
    lib.check("nino_verify", made.pointer, config, ctypes.byref(report), ctypes.byref(holds))
    text = ctypes.string_at(report.data, report.count).decode()
    lib.call("nino_bytes_destroy", ctypes.byref(report))
    return [json.loads(line) for line in text.splitlines()], holds.value


def test_symmetries_are_proven(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CNN))
    reports, holds = verify(str(config).encode())
    assert holds == 1 and len(reports) >= 1
    with pytest.raises(NinoError, match="nowhere"):
        verify(b"nowhere")


def test_a_graph_is_summed_up():
    made = session()
    summary = json.loads(lib.take("nino_graph", made.pointer, b"fm-16"))
    assert summary["nodes"] > 80 and summary["edges"] > summary["nodes"]


def test_the_program_is_found():
    program = lib.take("nino_library_program").decode()
    assert program == str(lib.PROGRAM.resolve())


def test_limits_are_checked():
    made = session()
    lib.check("nino_session_set_limits", made.pointer, 5.0, 1 << 30)
    for seconds, memory in [(0.0, 1 << 30), (5.0, 1 << 20)]:
        with pytest.raises(NinoError, match="expected"):
            lib.check("nino_session_set_limits", made.pointer, seconds, memory)
