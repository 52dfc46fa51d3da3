"""Explorer pages in a browser: what they compute, what a swap does, whether everyone can use them."""

import glob
import os
import tempfile
import unittest

from browser import Browser
from pages import ROOT, contrasts, floats, missed_by_tab, nino, set_value, traced, zoo

LIMIT = 1_000_000


class ExplorerTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.pages = {}
        for number, (name, config) in enumerate({**zoo(), **traced()}.items()):
            page = os.path.join(cls.folder.name, f"{number}.html")
            files = os.path.join(cls.folder.name, f"{number}")
            nino("explore", "--config", config, "--html", page, "--files", files, "--quiet")
            cls.pages[name] = (page, files)
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def test_every_plugin_of_the_zoo_and_three_traced_models_are_here(self):
        # All plugins but the one that replays traces have configs of their own.
        plugins = len(glob.glob(os.path.join(ROOT, "Plugins/*/"))) - 1
        self.assertEqual(sum(name.startswith("nino.") for name in self.pages), plugins)
        self.assertGreaterEqual(sum(name.startswith("traced ") for name in self.pages), 3)

    def test_pages_load_without_errors_and_load_nothing_else(self):
        for name, (page, _) in self.pages.items():
            with self.subTest(name):
                self.browser.open(page)
                self.assertEqual(self.browser.problems, [])
                self.assertEqual(self.browser.requests, ["file://" + page])
                self.assertLess(os.path.getsize(page), LIMIT)

    def test_the_numbers_are_those_of_nino_forward(self):
        for name, (page, files) in self.pages.items():
            with self.subTest(name):
                out = files + ".out.safetensors"
                nino(
                    *("forward", "--config", files + "/config.json", "--weights", files + "/weights.safetensors"),
                    *("--inputs", files + "/inputs.safetensors", "--out", out),
                )
                expected = floats(out, "logits")
                self.browser.open(page)
                found = self.browser.evaluate("[...explorer.model.logits.data]")
                self.assertEqual(len(found), len(expected))
                largest = max(abs(value) for value in expected)
                error = max(abs(a - b) for a, b in zip(found, expected)) / largest
                self.assertLess(error, 1e-5)
                self.assertLess(
                    float(self.browser.evaluate("document.getElementById('check').dataset.difference")), 1e-5
                )
                # The twin: with one weight changed they are not.
                self.browser.evaluate(
                    "const t = explorer.model; for (const x of t.tensors.values()) x.data[0] += 1; t.update()"
                )
                wrong = self.browser.evaluate("[...explorer.model.logits.data]")
                self.assertGreater(max(abs(a - b) for a, b in zip(wrong, expected)) / largest, 1e-5)

    def test_compensated_swaps_keep_the_output_and_others_change_it(self):
        groups = 0
        for name, (page, _) in self.pages.items():
            self.browser.open(page)
            options = self.browser.evaluate("[...document.getElementById('group').options].map((o) => o.value)")
            self.assertGreater(len(options), 0, name)
            for option in options:
                with self.subTest(f"{name}, group {option}"):
                    groups += 1
                    set_value(self.browser, "group", option)
                    shown = self.output()
                    self.click("swap-random")
                    self.assertEqual(self.verdict()[1], 1)
                    self.assertLess(self.verdict()[0], 1e-5)
                    self.assertLess(self.difference(shown, self.output()), 1e-5)
                    self.click("reset")
                    self.click("compensate")
                    # Two units that are both at rest for this input are not missed: the next pair is tried.
                    for _ in range(10):
                        self.click("swap-random")
                        if self.verdict()[0] > 1e-5:
                            break
                        self.click("reset")
                    self.assertEqual(self.verdict()[1], 1)
                    self.assertGreater(self.verdict()[0], 1e-5)
                    self.click("swap")
                    self.assertLess(self.verdict()[0], 1e-5, "swapped back")
            self.assertEqual(self.browser.problems, [], name)
        self.assertGreater(groups, 40)

    def test_the_graph_moves_the_same_nodes(self):
        page, _ = self.pages["nino.mlp"]
        self.browser.open(page)
        place = "[...document.querySelectorAll('.node.first')].map((n) => n.style.transform)"
        before = self.browser.evaluate(place)
        self.assertGreater(len(before), 0)
        self.click("swap")
        self.assertNotEqual(self.browser.evaluate(place), before)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('.node.torn').length"), 0)
        self.click("swap")
        self.assertEqual(self.browser.evaluate(place), before)
        self.click("compensate")
        self.click("swap")
        self.assertGreater(self.browser.evaluate("document.querySelectorAll('.node.torn').length"), 0)

    def test_the_keyboard_alone_reaches_everything(self):
        for name, (page, _) in self.pages.items():
            with self.subTest(name):
                self.browser.open(page)
                count, missed = missed_by_tab(self.browser)
                self.assertGreater(count, 15)
                self.assertEqual(missed, [])

    def test_the_keyboard_does_what_the_pointer_does(self):
        page, _ = self.pages["nino.gpt2"]
        self.browser.open(page)
        self.browser.evaluate("document.getElementById('swap').focus()")
        self.browser.press("Enter")
        self.assertEqual(self.verdict()[1], 1)
        self.browser.evaluate("document.querySelector('canvas').focus()")
        self.browser.press("ArrowDown")
        self.assertIn("[1, 0]", self.browser.evaluate("document.querySelector('.heatmap output').textContent"))

    def test_text_stands_out_and_nothing_is_wider_than_the_window(self):
        for name, (page, _) in self.pages.items():
            for width in (1280, 400):
                for dark in (False, True):
                    with self.subTest(f"{name}, {width}, {'dark' if dark else 'light'}"):
                        self.browser.open(page, width=width, dark=dark)
                        result = contrasts(self.browser)
                        self.assertGreater(result["count"], 40)
                        self.assertEqual(result["weak"], [])
                        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
        # The twin: grey on grey is found.
        self.browser.evaluate("document.querySelector('h1').style.color = document.body.style.background = '#777'")
        self.assertNotEqual(contrasts(self.browser)["weak"], [])

    def click(self, control):
        self.browser.evaluate(f"document.getElementById('{control}').click()")

    def verdict(self):
        data = self.browser.evaluate("({...document.getElementById('verdict').dataset})")
        return float(data["change"]), int(data["swaps"])

    def output(self):
        """The outputs as the page shows them in its table."""
        cells = "[...document.querySelectorAll('#output tbody td:nth-child(2)')].map((c) => Number(c.textContent))"
        return self.browser.evaluate(cells)

    def difference(self, first, second):
        self.assertEqual(len(first), len(second))
        return max(abs(a - b) for a, b in zip(first, second)) / max(abs(value) for value in first)


if __name__ == "__main__":
    unittest.main()
