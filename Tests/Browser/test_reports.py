"""Graph pages and reports in a browser."""

import os
import tempfile
import unittest

from browser import Browser
from pages import contrasts, nino, set_value

LIMIT = 1_000_000


class ReportTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.browser = Browser()
        cls.pages = {}
        for config in ("fm-16", "gpt2-tiny", "llama-3.1-8b"):
            cls.pages[config] = os.path.join(cls.folder.name, f"{config}.html")
            nino("graph", "--config", config, "--html", cls.pages[config])
        cls.pages["verify"] = os.path.join(cls.folder.name, "verify.html")
        nino("verify", "--plugin", "nino.mlp", "--trials", "1", "--html", cls.pages["verify"])
        report = os.path.join(cls.folder.name, "report")
        arguments = "compare --task fm-16 --steps 60 --period 20 --eval-every 10 --nowcasters none,linefit --quiet"
        nino(*arguments.split(), "--report", report)
        cls.pages["compare"] = os.path.join(report, "report.html")

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def test_pages_load_without_errors_and_load_nothing_else(self):
        self.assertEqual(len(self.pages), 5)
        for name, page in self.pages.items():
            with self.subTest(name):
                self.browser.open(page)
                self.assertEqual(self.browser.problems, [])
                self.assertEqual(self.browser.requests, ["file://" + page])
                self.assertLess(os.path.getsize(page), LIMIT)

    def test_text_stands_out_and_nothing_is_wider_than_the_window(self):
        for name, page in self.pages.items():
            for width in (1280, 400):
                for dark in (False, True):
                    with self.subTest(f"{name}, {width}, {'dark' if dark else 'light'}"):
                        self.browser.open(page, width=width, dark=dark)
                        result = contrasts(self.browser)
                        self.assertGreater(result["count"], 10)
                        self.assertEqual(result["weak"], [])
                        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)

    def test_no_page_names_a_folder_of_this_machine(self):
        here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        for name in ("fm-16", "gpt2-tiny", "llama-3.1-8b"):
            with open(self.pages[name]) as file:
                text = file.read()
            title = text[text.index("<title>") : text.index("</title>")]
            self.assertIn(name, title)
            self.assertNotIn(here, title)

    def test_the_legend_filters_and_the_search_finds(self):
        self.browser.open(self.pages["gpt2-tiny"])
        shown = "[...document.querySelectorAll('table.blocks tbody tr')].filter((row) => !row.hidden).length"
        before = self.browser.evaluate(shown)
        self.browser.evaluate("document.querySelector('.legend input').click()")
        self.assertLess(self.browser.evaluate(shown), before)
        self.browser.evaluate("document.querySelector('.legend input').click()")
        self.assertEqual(self.browser.evaluate(shown), before)
        set_value(self.browser, "search", "h.1 c_attn", "input")
        hits = self.browser.evaluate("document.querySelectorAll('tr.hit').length")
        self.assertGreater(hits, 3)
        set_value(self.browser, "search", "no such block", "input")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('tr.hit').length"), 0)

    def test_a_layer_alone_and_a_block_by_keyboard(self):
        self.browser.open(self.pages["llama-3.1-8b"])
        set_value(self.browser, "layer", "5")
        visible = "[...document.querySelectorAll('details.layer')].filter((layer) => !layer.hidden).length"
        self.assertEqual(self.browser.evaluate(visible), 1)
        self.browser.evaluate("document.querySelector('details.layer:not([hidden]) a.shape').focus()")
        self.browser.press("Enter")
        self.browser.evaluate("new Promise((done) => setTimeout(done, 200))")
        self.assertTrue(self.browser.evaluate("document.activeElement.id.startsWith('block-')"))


if __name__ == "__main__":
    unittest.main()
