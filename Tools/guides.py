"""Makes pages of the guides: python3 Tools/guides.py SITE. `make docs` runs it.

README and all of docs go to SITE as HTML, under their names, with an index that says what each is about. A link that
leads to a guide leads to its page; one that leads elsewhere in the repository becomes text, since that is not part of
the site. Exit status 1, with a line for each, if a link leads nowhere.
"""

import html
import os
import re
import shutil
import sys

from markdown_it import MarkdownIt

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STYLE = os.path.join(ROOT, "Sources/CPages/assets/page.css")
# The site's own documentation of the SDK, in the place of its sources.
SDK = "Sources/NinoPluginSDK/NinoPluginSDK.docc"
SDK_PAGE = "sdk/documentation/ninopluginsdk/"
LINK = re.compile(r'<a href="([^":]+)">(.*?)</a>', re.DOTALL)
HEADING = re.compile(r"<(h[1-6])>(.*?)</h")
IMAGE = re.compile(r'<img src="([^":]+)"')
# Tables may be wider than a window; their cells are sentences.
EXTRA = "table { display: block; overflow-x: auto; }"
EXTRA += " th, td { text-align: left; white-space: normal; vertical-align: top; }"
EXTRA += " pre { overflow-x: auto; padding: .6rem; background: var(--panel); } img { max-width: 100%; height: auto; }"
EXTRA += " code { overflow-wrap: anywhere; } td code { overflow-wrap: normal; }"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{content}
</body>
</html>
"""


def guides():
    """Paths of the guides in the repository."""
    found = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    for folder, _, names in os.walk(os.path.join(ROOT, "docs")):
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names if name.endswith(".md")]
    return sorted(found)


def page_of(guide):
    return guide.removesuffix(".md") + ".html"


def part_of(heading):
    """The name of the part under a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]*>", "", heading).lower()).replace(" ", "-")


def parts(guide):
    with open(os.path.join(ROOT, guide)) as file:
        return {part_of(line.lstrip("#").strip()) for line in file if line.startswith("#")}


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.guides = guides()
        self.lost = []
        with open(STYLE) as file:
            self.style = file.read() + EXTRA
        self.markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

    def write(self, name, title, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(PAGE.format(title=html.escape(title), style=self.style, content=content))

    def target(self, guide, link):
        """Where a link of a guide leads: a path in the site, or None for a part of the repository outside of it."""
        link, _, part = html.unescape(link).partition("#")
        place = os.path.normpath(os.path.join(os.path.dirname(guide), link)) if link else guide
        if part and (place not in self.guides or part not in parts(place)):
            self.lost.append(f"{guide}: {link}#{part}")
        if place == SDK:
            return SDK_PAGE
        if place in self.guides:
            return page_of(place) + ("#" + part if part else "")
        if place.startswith("docs/notes") and os.path.isdir(os.path.join(ROOT, place)):
            return "index.html"
        if not os.path.exists(os.path.join(ROOT, place)):
            self.lost.append(f"{guide}: {link}")
        if place.startswith("docs/") and os.path.isfile(os.path.join(ROOT, place)):
            copy = os.path.join(self.folder, place)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(os.path.join(ROOT, place), copy)
            return place
        return None

    def make(self, guide):
        """Writes the page of a guide; returns its title."""
        with open(os.path.join(ROOT, guide)) as file:
            text = file.read()
        content = self.markdown.render(text)
        here = os.path.dirname(guide)

        def link(found):
            target = self.target(guide, found[1])
            return found[2] if target is None else f'<a href="{os.path.relpath(target, here or ".")}">{found[2]}</a>'

        def image(found):
            target = self.target(guide, found[1]) or found[1]
            return f'<img src="{os.path.relpath(target, here or ".")}"'

        content = IMAGE.sub(image, LINK.sub(link, content))
        content = HEADING.sub(lambda found: f'<{found[1]} id="{part_of(found[2])}">{found[2]}</h', content)
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        title = title[1].replace("`", "") if title else guide
        back = os.path.relpath("index.html", here or ".")
        up = f'<p class="quiet"><a href="{back}">nino: documentation</a></p>\n'
        self.write(page_of(guide), f"{title} · nino", up + content)
        return title

    def make_index(self, titles):
        def items(names):
            return "\n".join(f'<li><a href="{page_of(name)}">{html.escape(titles[name])}</a></li>' for name in names)

        notes = [name for name in self.guides if name.startswith("docs/notes/")]
        first = ["README.md", "docs/README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        others = [name for name in self.guides if name not in notes and name not in first]
        content = "<h1>nino: documentation</h1>\n<h2>To begin with</h2>\n<ul>\n" + items(first)
        content += f'\n<li><a href="{SDK_PAGE}">The plugin SDK</a>: how to write an architecture</li>\n</ul>'
        content += f"\n<h2>Guides</h2>\n<ul>\n{items(others)}\n</ul>\n<h2>Notes</h2>\n<ul>\n{items(notes)}\n</ul>"
        self.write("index.html", "nino: documentation", content)


def main():
    site = Site(sys.argv[1])
    titles = {guide: site.make(guide) for guide in site.guides}
    site.make_index(titles)
    for line in site.lost:
        print(f"leads nowhere: {line}", file=sys.stderr)
    print(f"{len(titles)} guides")
    return 1 if site.lost else 0


if __name__ == "__main__":
    sys.exit(main())
