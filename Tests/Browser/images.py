"""Makes the pictures of README and docs, after a build: python3 Tests/Browser/images.py; needs Pillow."""

import os
import tempfile

from browser import Browser
from pages import ROOT, nino, set_value
from PIL import Image

FOLDER = os.path.join(ROOT, "docs/images")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    browser = Browser()
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, "page.html")
        nino("graph", "--config", "llama-tiny", "--html", page)
        browser.open(page, width=1000)
        capture(browser, "graph", "document.querySelector('details[open] svg')")
        nino("verify", "--config", "llama-tiny", "--html", page)
        browser.open(page, width=1000)
        capture(browser, "verify", "document.body", height=640)
        nino("explore", "--config", "Tests/Browser/mlp.json", "--html", page)
        browser.open(page, width=1000)
        set_value(browser, "second", 3)
        browser.evaluate("document.getElementById('compensate').click(); document.getElementById('swap').click()")
        capture(browser, "explore", "document.body", height=1060)
    browser.close()


def capture(browser, name, element, height=None):
    box = browser.evaluate(
        f"(() => {{ const b = {element}.getBoundingClientRect(); return [b.x, b.y + scrollY, b.width, b.height]; }})()"
    )
    path = os.path.join(FOLDER, f"{name}.png")
    browser.screenshot(path, box=(*box[:3], height or box[3]))
    Image.open(path).convert("RGB").quantize(255, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
