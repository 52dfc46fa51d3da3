"""Graph pages and reports in a browser."""

import json
import os
import tempfile
import unittest
import urllib.parse
import xml.etree.ElementTree

from browser import Browser
from pages import ROOT, contrasts, missed_by_tab, nino, set_value, traced

LIMIT = 1_000_000
GRAPHS = ("fm-16", "gpt2-tiny", "llama-3.1-8b")


class ReportTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.pages = {}
        for name, config in {**{name: name for name in GRAPHS}, **traced()}.items():
            nino("graph", "--config", config, "--html", cls.page(name))
        nino("verify", "--plugin", "nino.mlp", "--trials", "1", "--html", cls.page("verify"))
        cls.make_reports()
        cls.browser = Browser()

    @classmethod
    def page(cls, name):
        return cls.pages.setdefault(name, os.path.join(cls.folder.name, f"{name}.html"))

    @classmethod
    def make_reports(cls):
        """The smallest run of every command that writes a report."""
        folder = cls.folder.name
        run = "--task fm-16 --steps 60 --period 20 --eval-every 10 --quiet".split()
        nino("train", *run, "--target", "0.99", "--report", f"{folder}/train", status=1)
        nino("compare", *run, "--nowcasters", "none,linefit", "--report", f"{folder}/compare")
        nino("collect", "--plan", f"{ROOT}/Tests/Browser/plan.json", "--runs", "3", "--out", f"{folder}/runs")
        nino(
            *f"meta-train --data {folder}/runs --out {folder}/meta.safetensors --hidden 8 --steps 6".split(),
            *"--eval-every 2 --hold-out 3 --trajectories 1 --slices 1 --quiet".split(),
        )
        states = []
        for seed in "123456":
            states.append(f"{folder}/state-{seed}")
            nino(
                *("explore", "--config", f"{ROOT}/Tests/Browser/mlp.json", "--seed", seed, "--quiet"),
                *("--html", f"{folder}/any.html", "--files", states[-1]),
            )
        history = [f"{state}/weights.safetensors" for state in states]
        nino("backtest", "--steps", "1,2,3,4,5,6", "--history", *history, "--html", cls.page("backtest"), "--quiet")
        plan = f"{ROOT}/Tests/Browser/budget.json"
        nino("compare", "--protocol", "budget", "--plan", plan, "--save", f"{folder}/budget", "--quiet")
        cls.pages["budget"] = f"{folder}/budget/report.html"
        with open(f"{folder}/budget/table.md") as file:
            cls.budget = file.read()
        models = ["--base", history[0], "--models", *history[1:3], "--method", "mean", "--out", f"{folder}/merged"]
        cls.merge = json.loads(nino("merge", *models, "--html", cls.page("merge"), "--json"))
        cls.pages["train"] = f"{folder}/train/report.html"
        cls.pages["compare"] = f"{folder}/compare/report.html"
        cls.pages["meta-train"] = f"{folder}/meta.html"

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def test_pages_load_without_errors_and_load_nothing_else(self):
        reports = {"train", "compare", "budget", "meta-train", "backtest", "merge", "verify"}
        self.assertLessEqual(reports | set(GRAPHS), set(self.pages))
        self.assertGreaterEqual(len(self.pages), 13)
        for name, page in self.pages.items():
            with self.subTest(name):
                self.browser.open(page)
                self.assertEqual(self.browser.problems, [])
                self.assertEqual(self.browser.requests, ["file://" + urllib.parse.quote(page)])
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

    def test_what_a_page_should_not_do_is_noticed(self):
        """The twin of the two above."""
        wrong = "<script>missing()</script><img src=other.png><p style='width: 2000px; color: #777; background: #888'>"
        for name in ("budget", "merge"):
            with open(self.pages[name]) as file:
                text = file.read()
            self.assertIn("</body>", text)
            page = os.path.join(self.folder.name, f"wrong-{name}.html")
            with open(page, "w") as file:
                file.write(text.replace("</body>", wrong + "grey on grey</p></body>"))
            self.browser.open(page, width=400)
            self.assertTrue(any("missing" in problem for problem in self.browser.problems), self.browser.problems)
            self.assertEqual(len(self.browser.requests), 2)
            self.assertEqual(len(contrasts(self.browser)["weak"]), 1)
            self.assertGreater(self.browser.evaluate("document.documentElement.scrollWidth"), 400)

    def cells(self):
        """Texts of the rows of all tables of a page but that of its settings."""
        rows = "[...document.querySelectorAll('table:has(thead) tbody tr')]"
        return self.browser.evaluate(f"{rows}.map((row) => [...row.cells].map((cell) => cell.textContent))")

    def test_a_merge_shows_every_network_and_its_numbers(self):
        def text(value, decimals):
            return "–" if value is None else f"{value:.{decimals}f}"

        models = self.merge["models"]
        names = [f"state-{seed}/weights.safetensors" for seed in "23"]
        self.assertEqual([model["name"] for model in models], ["base", *names, "merged"])
        expected = [[m["name"], text(m["change"], 4), text(m.get("cosine"), 3)] for m in models]
        self.browser.open(self.pages["merge"])
        self.assertEqual(self.cells(), expected)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('svg .marker').length"), len(models))
        # The twin: of another merge they are not.
        expected[1][1] = text(models[1]["change"] * 1.01, 4)
        self.assertNotEqual(self.cells(), expected)

    def test_a_budget_report_shows_the_rows_of_its_table_best_first(self):
        expected = []
        for line in self.budget.splitlines():
            if not line.startswith("|"):
                continue
            method, rate, mean, seeds, *cost = [cell.strip() for cell in line.strip("|").split("|")]
            if rate.startswith("×"):
                expected.append([method, rate, mean, *seeds.split(" / "), *cost])
        self.assertEqual(len(expected), 3)
        self.browser.open(self.pages["budget"])
        self.assertEqual(self.cells(), expected)
        self.assertIn(f"{expected[0][0]} ends best", self.browser.evaluate("document.body.textContent"))
        # The twin: in another order they are others.
        self.assertNotEqual(self.cells(), expected[::-1])

    def test_no_page_names_a_folder_of_this_machine(self):
        for name in GRAPHS:
            with open(self.pages[name]) as file:
                text = file.read()
            title = text[text.index("<title>") : text.index("</title>")]
            self.assertIn(name, title)
            self.assertNotIn(ROOT, title)

    def test_the_keyboard_alone_reaches_everything(self):
        for name, page in self.pages.items():
            with self.subTest(name):
                self.browser.open(page)
                count, missed = missed_by_tab(self.browser)
                self.assertGreater(count, 0)
                self.assertEqual(missed, [])
        # The twin: what takes no focus is missed.
        self.browser.open(self.pages["gpt2-tiny"])
        self.browser.evaluate("document.getElementById('search').addEventListener('focus', (e) => e.target.blur())")
        self.browser.evaluate("document.getElementById('search').setAttribute('inert', '')")
        self.assertNotEqual(missed_by_tab(self.browser)[1], [])

    def test_names_with_markup_and_control_characters_are_text(self):
        with open(os.path.join(ROOT, "Tests/Browser/traced/resnet.nino.json")) as file:
            program = file.read()
        name = 'a</script><q>&"\u0001\u0085'
        program = program.replace('"conv1.weight"', json.dumps(name))
        config = os.path.join(self.folder.name, "<q>\u0002.nino.json")
        with open(config, "w") as file:
            file.write(program)
        picture, graph, explorer = (os.path.join(self.folder.name, f"named.{end}") for end in ("svg", "html", "e.html"))
        nino("graph", "--config", config, "--svg", picture, "--html", graph)
        nino("explore", "--config", config, "--html", explorer)
        texts = [element.text for element in xml.etree.ElementTree.parse(picture).iter() if element.text]
        self.assertTrue(any('a</script><q>&"\ufffd' in text for text in texts))
        for page in (graph, explorer):
            with open(page) as file:
                self.assertEqual([c for c in file.read() if ord(c) < 32 and c not in "\n\t"], [])
            self.browser.open(page)
            self.assertEqual(self.browser.problems, [])
            self.assertEqual(self.browser.evaluate("document.querySelectorAll('q').length"), 0)
            self.assertIn("a</script><q>&", self.browser.evaluate("document.body.textContent"))

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
        self.browser.wait_for("document.activeElement.id.startsWith('block-')")


if __name__ == "__main__":
    unittest.main()
