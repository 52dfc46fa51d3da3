"""The library in a process of others: nothing of the process is touched, whatever is imported first."""

import html
import itertools
import re
import subprocess
import sys
from pathlib import Path

import nino
import pytest
from nino._library import PREFIX
from nino._program import run

STATES = """
import numpy as np, nino
def ahead():
    states = [{"w": np.full((2, 3), step, dtype=np.float32)} for step in range(5)]
    return float(nino.nowcast(states, horizon=3, nowcaster="linefit")["w"][0, 0])
CNN = {"model_type": "cnn", "hidden": [4, 6], "in_channels": 1, "image_size": 12, "num_classes": 5}
def graph_ahead():
    network = nino.Network.open(CNN)
    draw = np.random.default_rng(0)
    states = [{t.name: draw.normal(size=t.shape).astype(np.float32) for t in network.parameters} for _ in range(5)]
    return nino.nowcast(states, network, 5)["fc.0.weight"]
"""


def python(code, *options, **environment):
    result = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("order", list(itertools.permutations(["nino", "numpy", "scipy.linalg", "torch"], 4))[::5])
def test_every_order_of_imports_works(order):
    imports = "\n".join(f"import {name}" for name in order)
    code = f"""
{imports}
{STATES}
import numpy as np, scipy.linalg, torch
assert abs(ahead() - 7) < 1e-5
graph_ahead()
a = np.random.default_rng(0).normal(size=(300, 300))
assert np.allclose(a @ scipy.linalg.inv(a), np.eye(300), atol=1e-6)
b = torch.from_numpy(a)
assert torch.allclose(b @ torch.linalg.inv(b), torch.eye(300, dtype=b.dtype), atol=1e-6)
print("good")
"""
    assert python(code) == "good\n"


def test_thread_counts_of_others_stay():
    code = f"""
import torch, numpy
{STATES}
torch.set_num_threads(2)
graph_ahead()
assert torch.get_num_threads() == 2
print("good")
"""
    assert python(code) == "good\n"


def test_signals_locale_and_environment_stay():
    code = f"""
import os, signal, locale
def look():
    status = open("/proc/self/status").read()
    # The 31 classic ones: with the first thread the C library takes another for itself.
    lines = [line.split() for line in status.splitlines() if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]
    masks = [(name, int(mask, 16) & 0x7FFFFFFF) for name, mask in lines]
    assert len(masks) == 3
    return masks, dict(os.environ), locale.setlocale(locale.LC_ALL), os.getcwd(), os.umask(0o22)
before = look()
{STATES}
graph_ahead()
assert look() == before, (before, look())
print("good")
"""
    assert python(code) == "good\n"


def test_flushing_subnormal_numbers_stays_as_it_was():
    code = f"""
import torch
{STATES}
def flushes():
    return float(torch.tensor([1e-40]) * 0.5) == 0.0
before = graph_ahead()
assert not flushes()
assert torch.set_flush_denormal(True) and flushes()
assert (graph_ahead() == before).all() and flushes()
print("good")
"""
    assert python(code) == "good\n"


def test_the_engine_works_after_fork():
    code = f"""
import os
{STATES}
before = graph_ahead()
child = os.fork()
if child == 0:
    os._exit(0 if (graph_ahead() == before).all() else 1)
assert os.waitpid(child, 0)[1] == 0
assert (graph_ahead() == before).all()
print("good")
"""
    assert python(code) == "good\n"


def test_nothing_but_our_functions_is_exported():
    library = PREFIX / "lib" / "libnino.so"
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in symbols.stdout.splitlines()}
    header = (PREFIX / "include" / "nino" / "nino.h").read_text()
    assert names - {"nino_main"} == {name for name in _functions(header)}
    assert len(names) > 30


def _functions(header):
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    code = re.sub(r"typedef.*?;", "", code, flags=re.DOTALL)
    return set(re.findall(r"\b(nino_\w+)\(", code))


def test_the_wheel_needs_the_c_library_alone():
    own = {path.name for path in (PREFIX / "lib").iterdir()}
    system = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    files = [path for path in PREFIX.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    assert len(files) >= 11
    for path in files:
        dynamic = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
        needed = {line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line}
        assert needed <= own | system, (path, needed)


def test_it_runs_in_a_bare_root(tmp_path):
    """With nothing there but the C library, /proc and the package."""
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    mount = f"mount --rbind /proc {root}/proc"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("no new user namespaces here")
    needed = subprocess.run(["ldd", PREFIX / "bin" / "nino"], capture_output=True, text=True, check=True).stdout
    loader = [word for line in needed.splitlines() for word in line.split() if word.startswith("/")]
    loader = [path for path in loader if not path.startswith(str(PREFIX.parent))]
    for path in loader:
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(path).resolve().read_bytes())
        target.chmod(0o755)
    subprocess.run(["cp", "-r", str(PREFIX), str(root / "nino")], check=True)
    command = f"{mount} && exec chroot {root} /nino/bin/nino --version"
    result = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout.strip() == nino.__version__, result.stderr


def test_ctrl_c_leaves_the_weights():
    code = """
import os, signal, threading, torch, nino.torch
signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background inherit that it is ignored
model = torch.nn.Linear(3, 2)
opt = nino.torch.NiNo(torch.optim.SGD(model.parameters(), lr=0.1), model, period=20, max_train_steps=100,
                      ckpt="linefit", policy="search")
def loss():
    return model(torch.ones(1, 3)).square().sum()
while opt.need_grads:
    opt.zero_grad(); loss().backward(); opt.step(loss)
before = [p.detach().clone() for p in model.parameters()]
def interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    return loss()
try:
    opt.step(interrupted)
except KeyboardInterrupt:
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))
    assert not opt.need_grads
    opt.step(loss)
    print("good")
"""
    assert python(code) == "good\n"


def test_plugins_are_found_and_verified():
    assert nino.verify({"model_type": "cnn", "hidden": [3, 4], "in_channels": 1, "image_size": 8, "num_classes": 3})


def test_a_graph_shows_itself():
    graph = nino.graph("fm-16")
    assert graph.summary["parameters"] == 14378
    assert graph.html().lower().startswith("<!doctype html>")
    shown = html.unescape(re.fullmatch(r'<iframe srcdoc="([^"]*)" [^>]*></iframe>', graph._repr_html_())[1])
    assert shown == graph.html()


def test_a_plugin_is_begun_built_and_found(tmp_path):
    run(["plugin", "new", "Mine", "--language", "c", "--out", str(tmp_path / "mine")])
    subprocess.run(["make", "-s", "-C", tmp_path / "mine"], check=True, capture_output=True)
    network = nino.Network.open(tmp_path / "mine" / "mine.json", plugin_path=[str(tmp_path / "mine")])
    assert len(network.parameters) > 1
    with pytest.raises(nino.NinoError, match="mine"):
        nino.Network.open(tmp_path / "mine" / "mine.json")


def test_a_plugin_that_misbehaves_harms_nobody(tmp_path):
    source = tmp_path / "bad.c"
    source.write_text("__attribute__((constructor)) static void crash(void) { *(volatile int *)0 = 1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", source, "-o", tmp_path / "bad.so"], check=True)
    assert nino.Network.open("fm-16", plugin_path=[str(tmp_path)]).parameters
