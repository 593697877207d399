"""The web edition: complete, the same each time, at home without a network, and usable by everybody."""

import re
import shutil
import tempfile
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.editions.website import make
from tools.run_course import ROOT

NOTEBOOKS = ROOT / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
PAGES = [path.stem for path in [*CHAPTERS, *sorted(NOTEBOOKS.glob("*.md"))]]
LOADING = {
    "script": "src",
    "link": "href",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "embed": "src",
    "use": "href",
}
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)
PICTURE = re.compile(r"!\[(.*?)\]\(", re.DOTALL)

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1300, "height": 900}


@pytest.fixture(scope="module")
def said():
    """What was said while the site was made."""
    return []


@pytest.fixture(scope="module")
def site(tmp_path_factory, said):
    """The folder of the whole site."""
    folder = tmp_path_factory.mktemp("site")
    make(CHAPTERS, folder, said.append)
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site, parsed, by its name."""
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in site.glob("*.html")
    }


def cells(path):
    """Return the cells of a chapter as they are stored."""
    return nbformat.read(path, as_version=4).cells


def prose(path):
    """Return the text of a chapter without code."""
    return CODE.sub(
        "",
        "\n\n".join(
            cell.source for cell in cells(path) if cell.cell_type == "markdown"
        ),
    )


def words(text):
    """Return a text with every white space alike."""
    return " ".join(text.split())


def contents(folder):
    """Return the bytes of all files in a folder by their place in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# ---- what is there


def test_every_document_is_a_page_and_is_spoken_of(pages, said):
    assert set(pages) == {*PAGES, "search"}
    assert all(any(line.endswith(f" {name}") for line in said) for name in PAGES)


def test_chapters_are_listed_on_every_page_and_lead_to_each_other(pages):
    order = [f"{path.stem}.html" for path in CHAPTERS]
    for name, page in pages.items():
        here = f"{name}.html"
        listed = [
            link["href"].replace("#", "") or here
            for link in page.select(".sidebar-tree a")
        ]
        assert (
            listed[: len(order)] == order and len(listed) == len(PAGES) - 1
        )  # the first page is the heading
    for one, other in zip(order, order[1:], strict=False):
        assert (
            pages[one.removesuffix(".html")].select_one("a.next-page")["href"] == other
        )
        assert (
            pages[other.removesuffix(".html")].select_one("a.prev-page")["href"] == one
        )


def test_links_anchors_and_pictures_lead_somewhere(site, pages):
    anchors = {
        name: {tag["id"] for tag in page.find_all(id=True)} | {""}
        for name, page in pages.items()
    }
    broken = []
    for name, page in pages.items():
        targets = [
            tag.get("href") or tag.get("src")
            for tag in page.find_all(["a", "img", "script", "link"])
        ]
        for target in filter(None, targets):
            parts = urlsplit(target)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            file = unquote(parts.path) or f"{name}.html"
            place = anchors.get(file.removesuffix(".html"), {""})
            if not (site / file).is_file() or unquote(parts.fragment) not in place:
                broken.append((name, target))
    assert broken == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_picture_has_its_alt_text(path, pages):
    wanted = []
    for cell in cells(path):
        if cell.cell_type == "markdown":
            wanted += PICTURE.findall(cell.source)
        wanted += [
            output.metadata["image/png"]["alt"]
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
    assert [words(img["alt"]) for img in pages[path.stem].select("article img")] == [
        words(alt) for alt in wanted
    ]


def test_pictures_of_other_pages_have_alt_text(pages):
    assert all(
        img.get("alt") for page in pages.values() for img in page.find_all("img")
    )


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_solutions_and_answers_are_folded(path, pages):
    page = pages[path.stem]
    solutions = [
        cell.source
        for cell in cells(path)
        if "solution" in cell.metadata.get("tags", [])
    ]
    folded = page.select("details:has(.cell_input)")
    assert solutions and [
        words(details.select_one("pre").get_text()) for details in folded
    ] == [words(source) for source in solutions]
    labels = {tuple(details.summary.stripped_strings) for details in folded}
    assert labels == {("Solution", "Solution")}  # folded, and open
    assert not any(details.summary.has_attr("aria-label") for details in folded)
    answers = page.select("details:not(:has(.cell_input))")
    assert len(answers) == prose(path).count("<details>")
    assert not any(details.has_attr("open") for details in [*folded, *answers])


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_formula_is_mathml(path, pages):
    article = BeautifulSoup(str(pages[path.stem].article), "html.parser")
    assert len(article.find_all("math")) == len(FORMULA.findall(prose(path)))
    for tag in article.find_all(["pre", "code"]):
        tag.decompose()
    assert "$" not in article.get_text() and "\\" not in article.get_text()


# ---- what is not there


def test_nothing_is_loaded_from_elsewhere(site, pages):
    loaded = [
        (name, target)
        for name, page in pages.items()
        for tag, attribute in LOADING.items()
        for target in [found.get(attribute) or "" for found in page.find_all(tag)]
        if urlsplit(target).netloc or urlsplit(target).scheme
    ]
    assert loaded == []
    styles = [
        path.read_text(encoding="utf-8")
        for path in [*site.rglob("*.css"), *site.glob("*.html")]
    ]
    assert not any(
        re.search(r"url\(\s*[\"']?(https?:)?//|@import", style) for style in styles
    )
    scripts = [
        script.get_text()
        for page in pages.values()
        for script in page.find_all("script")
    ]
    assert not any(re.search(r"https?:|import", script) for script in scripts)


def test_no_file_tells_where_or_when_it_was_made(site):
    traces = [
        str(ROOT),
        f"{tempfile.gettempdir()}/site-",
        f"{date.today():%Y-%m-%d}",
        f"{date.today():%b %d, %Y}",
    ]
    told = [
        (name, trace)
        for name, data in contents(site).items()
        for trace in traces
        if trace.encode() in data
    ]
    assert told == []
    assert not {".buildinfo", ".doctrees", "objects.inv", "_sources"} & {
        path.name for path in site.iterdir()
    }


def test_made_again_it_is_the_same(site, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    make(CHAPTERS, tmp_path, str)
    assert contents(tmp_path) == contents(site)


# ---- a small course


@pytest.fixture
def small(tmp_path):
    """Return a function that makes the site of a chapter with these cells, and returns its page."""
    notebooks = tmp_path / "course" / "notebooks"
    notebooks.mkdir(parents=True)
    shutil.copytree(
        ROOT / "images",
        tmp_path / "course" / "images",
        ignore=shutil.ignore_patterns("*.py", "*.gif"),
    )
    for name, text in (
        ("index", "# Course\n\n[one](01_small.ipynb#Why-divide,-and-by-what?)\n"),
        ("glossary", "# Glossary\n\n### learning rate\n\n$\\eta$\n"),
    ):
        (notebooks / f"{name}.md").write_text(text, encoding="utf-8")

    def build(*found):
        notebook = new_notebook(
            cells=[new_markdown_cell("# Small\n\n## Why divide, and by what?"), *found],
            metadata={
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                }
            },
        )
        nbformat.write(notebook, notebooks / "01_small.ipynb")
        folder = tmp_path / "site"
        folder.mkdir()
        make([notebooks / "01_small.ipynb"], folder, str)
        return BeautifulSoup(
            (folder / "01_small.html").read_text(encoding="utf-8"), "html.parser"
        )

    return build


def test_a_chapter_is_read_as_jupyter_reads_it(small):
    page = small(
        new_markdown_cell(
            "See [why](#Why-divide,-and-by-what?) and [rate](glossary.md#learning-rate).\n"
            "% no comment\n\n(a)=\n\n+++\n\n{b}`c`"
        ),
        new_markdown_cell("# Part one\n\n### Deep\n\n```python\n# no heading\n```"),
        new_markdown_cell(
            "| a | b |\n|---|---|\n| $\\mathbf{x}$ | $\\frac{1}{2}$ |\n\n"
            "$$\\begin{aligned} a &= \\text{so} \\\\ b &= \\sum_i c_i \\end{aligned}$$"
        ),
        new_markdown_cell(
            "<details><summary>Answer</summary>\nBecause $x < 1$ and *so*.\n</details>\n\nAfter."
        ),
        new_markdown_cell(
            "<details>\n<summary>Answer</summary>\n\n| $h$ |\n|---|\n| $m$ |\n\n</details>"
        ),
    )
    article = page.article
    why, rate = article.select("p a")
    assert (why["href"], rate["href"]) == (
        "#why-divide-and-by-what",
        "glossary.html#learning-rate",
    )
    assert all(
        text in article.get_text()
        for text in ("% no comment", "(a)=", "+++", "# no heading")
    )
    assert [heading.name for heading in article.find_all(["h1", "h2", "h3"])] == [
        "h1",
        "h2",
        "h2",
        "h3",
    ]
    assert (
        len(article.select("td math")) == 3 and len(article.select("mtable mtr")) == 2
    )
    first, second = article.find_all("details")
    assert first.find("math") and first.find("em") and "After" not in first.get_text()
    assert second.select_one("table th math")
    assert (
        len(page.select(".sidebar-tree a")) == 2
    )  # parts of a chapter are not listed beside it


BROKEN = {  # what a message must name, and the text that it is about
    "02_missing": "[next](02_missing.ipynb)",
    "no-such-term": "Text.\n\n[word](glossary.md#no-such-term)",
    "no_such.png": "![a](../images/no_such.png)",
    "no-such-heading": "[why](#No-such-heading)",
    r"\nosuchcommand x": r"$\nosuchcommand x$",
    r"\left( x": r"$\left( x$",
}


def test_whatever_is_broken_is_named_with_its_place(small):
    with pytest.raises(RuntimeError) as caught:
        small(*map(new_markdown_cell, BROKEN.values()))
    for cell, fault in enumerate(BROKEN, start=2):
        place = rf"^01_small\.ipynb, cell {cell}, line \d+: .*{re.escape(fault)}"
        assert re.search(place, str(caught.value), re.MULTILINE)
    assert tempfile.gettempdir() not in str(caught.value)


def test_a_build_that_hangs_is_stopped(small, monkeypatch):
    monkeypatch.setattr("tools.editions.website.LIMIT", 0.2)
    with pytest.raises(RuntimeError, match="Sphinx ended after 0.2 seconds"):
        small()


@pytest.mark.parametrize(
    "metadata", [[{}], [{"image/png": {"alt": "one"}}, {"image/png": {"alt": "other"}}]]
)
def test_figures_that_cannot_get_their_alt_text_are_refused(small, metadata):
    outputs = [
        new_output("display_data", {"image/png": ""}, metadata=each)
        for each in metadata
    ]
    with pytest.raises(RuntimeError, match="01_small.ipynb, cell 2: .*alt text"):
        small(new_code_cell("1", outputs=outputs))


# ---- in a browser


@pytest.fixture
def address(request, site):
    """The address of the site: its folder, or that of a server on this machine."""
    if request.param == "file":
        yield site.as_uri()
        return
    handler = type(
        "Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None}
    )
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(handler, directory=site)
    ) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", [*PAGES, "search"])
def test_a_page_loads_whole_without_an_error_and_fits_a_phone(name, tab, site):
    tab.goto((site / f"{name}.html").as_uri())
    tab.set_viewport_size(PHONE)
    widths = tab.evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth, () => 0)))"
    )
    assert all(widths)
    tab.evaluate(
        "document.querySelectorAll('details').forEach(details => details.open = true)"
    )
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.faults == []


@pytest.mark.parametrize("address", ["file", "http"], indirect=True)
def test_search_finds_a_word_and_leads_to_it(address, tab):
    tab.goto(f"{address}/index.html")
    tab.get_by_label("Search").fill("softmax")
    tab.keyboard.press("Enter")
    found = tab.locator("#search-results li a[href*='03_numpy_mlp']").first
    found.wait_for()
    if address.startswith("http"):
        tab.locator("#search-results p.context:has-text('softmax')").first.wait_for()
    found.click()
    tab.wait_for_url("**/03_numpy_mlp.html*")
    assert "softmax" in tab.inner_text("article") and tab.faults == []


COLOURS = """() => ["body", "article p", "article a", ".cell_input pre", ".cell_input pre .k", ".cell_output pre",
                    ".sidebar-drawer", "summary"].map(where => {
    const style = getComputedStyle(document.querySelector(where));
    return [where, style.color, style.backgroundColor];
})"""


def test_the_switch_turns_to_the_dark_that_the_system_asks_for_and_stays(tab, site):
    page = (site / f"{CHAPTERS[0].stem}.html").as_uri()
    tab.goto(page)
    light = tab.evaluate(COLOURS)
    tab.emulate_media(color_scheme="dark")
    dark = tab.evaluate(COLOURS)
    assert all(one != other for one, other in zip(light, dark, strict=True))
    tab.emulate_media(color_scheme="light")
    assert tab.evaluate(COLOURS) == light
    tab.locator(".theme-toggle:visible").click()
    assert tab.evaluate(COLOURS) == dark
    tab.reload()
    assert tab.evaluate(COLOURS) == dark


def test_the_copy_button_copies_the_code(tab, site):
    source = next(
        cell.source for cell in cells(CHAPTERS[0]) if cell.cell_type == "code"
    )
    tab.goto((site / f"{CHAPTERS[0].stem}.html").as_uri())
    assert tab.locator(".cell_output button").count() == 0
    cell = tab.locator(".cell_input").first
    cell.hover()
    cell.get_by_role("button").click()
    tab.evaluate(
        "document.querySelector('article').prepend(document.createElement('textarea'))"
    )
    tab.locator("textarea").press("Control+V")
    assert tab.locator("textarea").input_value().strip() == source.strip()


@pytest.mark.parametrize(
    "folded", ["details:not(:has(.cell_input))", "details:has(.cell_input)"]
)
def test_what_is_folded_opens(folded, tab, site):
    tab.goto((site / f"{CHAPTERS[0].stem}.html").as_uri())
    details = tab.locator(folded).first
    inside = details.locator(":scope > :not(summary)").first
    assert not inside.is_visible()
    details.locator("summary").press("Enter")
    assert inside.is_visible()


# Colours are what axe spends its time on. Of words of code, formulas, cells and
# paragraphs of a kind, one is left.
ONE_OF_A_KIND = """() => {
    document.querySelectorAll("details").forEach(details => details.open = true);
    for (const parts of ["article pre span, article math", "article .cell, article section > p"]) {
        const seen = new Set();
        for (const part of document.querySelectorAll(parts)) {
            const kinds = [part, ...part.querySelectorAll("*")].map(each => [each.tagName, each.className,
                each.closest(".cell_output, .cell_input, details")?.className].join());
            if (kinds.every(kind => seen.has(kind))) {
                part.replaceWith(part.matches(".cell, p") ? "" : part.textContent);
            }
            kinds.forEach(kind => seen.add(kind));
        }
    }
}"""


# all is laid out
TWO_FRAMES = (
    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
)
VIOLATIONS = "rules => axe.run({resultTypes: ['violations'], ...rules}).then(found => found.violations)"


@pytest.mark.parametrize("name", [*PAGES, "search"])
def test_nobody_is_shut_out(name, tab, site):
    axe = pytest.importorskip(
        "axe_playwright_python.base", reason="pip install axe-playwright-python"
    )
    tab.goto((site / f"{name}.html").as_uri())
    tab.evaluate(ONE_OF_A_KIND)
    tab.evaluate(axe.AXE_SCRIPT)
    for viewport in (DESKTOP, PHONE):
        tab.set_viewport_size(viewport)
        tab.evaluate(TWO_FRAMES)
        for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            tab.emulate_media(color_scheme=scheme)
            grave = [
                (each["id"], each["nodes"][0]["html"][:200])
                for each in tab.evaluate(VIOLATIONS, rules)
                if each["impact"] in ("serious", "critical")
            ]
            assert grave == [], f"{name}, {scheme}, {viewport['width']} pixels wide"
