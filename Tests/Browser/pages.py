"""The pages that the browser tests look at, made by the built nino."""

import glob
import json
import os
import struct
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NINO = os.environ.get("NINO", os.path.join(ROOT, ".build/release/nino"))


def nino(*arguments, status=0):
    result = subprocess.run([NINO, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == status, f"nino {' '.join(arguments)}: {result.returncode}\n{result.stderr}"
    return result.stdout


def zoo():
    """The smallest config of every plugin that is built, by the plugin's id."""
    smallest = {}
    for line in nino("configs", "--json").splitlines():
        entry = json.loads(line)
        plugin = entry.get("plugin")
        if plugin is None:
            continue
        if plugin not in smallest or entry["parameters"] < smallest[plugin]["parameters"]:
            smallest[plugin] = entry
    configs = {plugin: entry["name"] for plugin, entry in sorted(smallest.items())}
    configs["nino.mlp"] = os.path.join(ROOT, "Tests/Browser/mlp.json")
    return configs


def traced():
    """Traced PyTorch models by their names; more may be named in NINO_TRACED, separated by colons."""
    paths = glob.glob(os.path.join(ROOT, "Tests/Browser/traced/*.nino.json"))
    paths += [path for path in os.environ.get("NINO_TRACED", "").split(":") if path]
    return {"traced " + os.path.basename(path).removesuffix(".nino.json"): path for path in sorted(paths)}


def floats(path, name):
    """A float32 tensor of a safetensors file."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        begin, end = header[name]["data_offsets"]
        file.seek(8 + size + begin)
        return struct.unpack(f"<{(end - begin) // 4}f", file.read(end - begin))


def contrasts(browser):
    """Texts whose colour stands out too little from what is behind them (WCAG 2: 4.5, or 3 for large text)."""
    with open(os.path.join(os.path.dirname(__file__), "contrast.js")) as file:
        return browser.evaluate(file.read())


def set_value(browser, control, value, event="change"):
    """What a person does to a list or a field."""
    browser.evaluate(
        f"(() => {{ const control = document.getElementById('{control}'); control.value = '{value}';"
        f" control.dispatchEvent(new Event('{event}')); }})()"
    )


FOCUSABLE = (
    "[...document.querySelectorAll('a[href], button, select, input, textarea, canvas, summary, [tabindex=\"0\"]')]"
    ".filter((e) => e.checkVisibility() && e.getAttribute('tabindex') !== '-1')"
)


def missed_by_tab(browser):
    """How much can be focused, and what of it the Tab key does not reach."""
    count = browser.evaluate(f"{FOCUSABLE}.length")
    browser.evaluate("window.reached = new Set(); document.addEventListener('focusin', (e) => reached.add(e.target))")
    for _ in range(count + 20):
        browser.press("Tab")
        if browser.evaluate(f"reached.size >= {count}"):
            break
    missed = f"{FOCUSABLE}.filter((e) => !reached.has(e)).map((e) => e.id || e.textContent || e.tagName)"
    return count, browser.evaluate(missed)
