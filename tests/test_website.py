"""The web edition: complete, reproducible, usable offline and by everybody."""

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

from tests.course import (
    CHAPTERS,
    FOLDER,
    cells_tagged,
    code_cells,
    contents,
    each_chapter,
    outputs,
    read,
    solution_code,
)
from tools.chapters import METADATA
from tools.dependencies import ROOT
from tools.editions.website import make

FIRST = CHAPTERS[0].stem
PAGES = [
    *(path.stem for path in CHAPTERS),
    *(path.stem for path in sorted(FOLDER.glob("*.md"))),
]
ALL = [*PAGES, "search"]
LOADING = "[src], link[href], use[href], object[data]"
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)
PICTURE = re.compile(r"!\[(.*?)\]\(", re.DOTALL)

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1300, "height": 900}

each_page = pytest.mark.parametrize("name", ALL)


@pytest.fixture(scope="module")
def said():
    """Lines reported while the site was made."""
    return []


@pytest.fixture(scope="module")
def site(tmp_path_factory, said):
    """The folder of the whole site."""
    folder = tmp_path_factory.mktemp("site")
    make(CHAPTERS, folder, said.append)
    return folder


def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site, parsed, by its name."""
    return {path.stem: parsed(path) for path in site.glob("*.html")}


def prose(notebook):
    """Return the text of a chapter without code, solutions included."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return CODE.sub("", "\n\n".join(texts))


def words(text):
    """Return a text with every white space alike."""
    return " ".join(text.split())


# ---- contents


def test_every_document_is_a_page_and_is_reported(pages, said):
    assert set(pages) == {*ALL}
    assert all(any(line.endswith(f" {name}") for line in said) for name in PAGES)


def test_chapters_are_listed_and_lead_to_each_other(pages):
    order = [f"{path.stem}.html" for path in CHAPTERS]
    for name, page in pages.items():
        links = page.select(".sidebar-tree a")
        listed = [link["href"].replace("#", "") or f"{name}.html" for link in links]
        assert listed[: len(order)] == order
        assert len(listed) == len(PAGES) - 1  # the first page is the heading
    for one, other in zip(order, order[1:], strict=False):
        before, after = (pages[name.removesuffix(".html")] for name in (one, other))
        assert before.select_one("a.next-page")["href"] == other
        assert after.select_one("a.prev-page")["href"] == one


def test_links_anchors_and_pictures_lead_somewhere(site, pages):
    def anchors(file):
        page = pages.get(file.removesuffix(".html"))
        return {"", *(tag["id"] for tag in page(id=True))} if page else {""}

    broken = []
    for name, page in pages.items():
        for tag in page(["a", "img", "script", "link"]):
            parts = urlsplit(tag.get("href") or tag.get("src") or "")
            if parts.scheme in ("http", "https", "mailto"):
                continue
            file = unquote(parts.path) or f"{name}.html"
            found = (site / file).is_file() and unquote(parts.fragment) in anchors(file)
            if not found:
                broken.append((name, parts.geturl()))
    assert broken == []


def alt_texts(notebook):
    """Yield the alt texts of a chapter's pictures and figures, in order."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from PICTURE.findall(cell.source)
        for output in outputs([cell]):
            if "image/png" in output.get("data", {}):
                yield output.metadata["image/png"]["alt"]


@each_page
def test_every_picture_has_its_alt_text(name, pages):
    assert all(img.get("alt") for img in pages[name]("img"))
    path = FOLDER / f"{name}.ipynb"
    if path in CHAPTERS:
        shown = [img["alt"] for img in pages[name].select("article img")]
        assert [*map(words, shown)] == [*map(words, alt_texts(read(path)))]


@each_chapter
def test_solutions_and_answers_are_folded(path, pages):
    page, notebook = pages[path.stem], read(path)
    solutions = cells_tagged(notebook, "solution")
    folded = page.select("article details")
    shown = ["\n".join(code.get_text() for code in one("pre")) for one in folded]
    codes = [words(solution_code(solution)) for solution in solutions]
    assert codes and [words(code) for code in shown if code] == codes
    assert len(folded) == prose(notebook).count("<details>")
    assert not any(details.has_attr("open") for details in folded)
    assert "check_exercise(" not in page.article.get_text()


@each_chapter
def test_every_formula_is_mathml(path, pages):
    article = BeautifulSoup(str(pages[path.stem].article), "html.parser")
    assert len(article("math")) == len(FORMULA.findall(prose(read(path))))
    for tag in article(["pre", "code"]):
        tag.decompose()
    assert "$" not in article.get_text() and "\\" not in article.get_text()


# ---- nothing from elsewhere


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for page in pages.values():
        for tag in page.select(LOADING):
            parts = urlsplit(tag.get("src") or tag.get("href") or tag.get("data"))
            assert not parts.netloc and not parts.scheme, tag
        for script in page("script"):
            assert not re.search(r"https?:|import", script.get_text())
    for path in [*site.rglob("*.css"), *site.glob("*.html")]:
        style = path.read_text(encoding="utf-8")
        assert not re.search(r"url\(\s*[\"']?(https?:)?//|@import", style), path


def test_no_file_says_where_or_when_it_was_made(site):
    today = date.today()
    days = [f"{today:%Y-%m-%d}", f"{today:%b %d, %Y}"]
    for trace in [str(ROOT), f"{tempfile.gettempdir()}/site-", *days]:
        found = [
            name for name, data in contents(site).items() if trace.encode() in data
        ]
        assert found == [], trace
    left = {".buildinfo", ".doctrees", "objects.inv", "_sources"}
    assert not left & {path.name for path in site.iterdir()}


def test_made_again_it_is_the_same(site, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    make(CHAPTERS, tmp_path, str)
    assert contents(tmp_path) == contents(site)


# ---- a small course


@pytest.fixture
def small(tmp_path):
    """Return a function that makes the site of a small chapter and returns its page."""
    notebooks, images = (tmp_path / "course" / name for name in ("notebooks", "images"))
    notebooks.mkdir(parents=True)
    shutil.copytree(ROOT / "images", images, ignore=shutil.ignore_patterns("*.py"))
    index = "# Course\n\n[one](01_small.ipynb#why-divide-and-by-what)\n"
    glossary = "# Glossary\n\n### learning rate\n\n$\\eta$\n"
    for name, text in (("index", index), ("glossary", glossary)):
        (notebooks / f"{name}.md").write_text(text, encoding="utf-8")

    def build(*found):
        cells = [new_markdown_cell("# Small\n\n## Why divide, and by what?"), *found]
        path, folder = notebooks / "01_small.ipynb", tmp_path / "site"
        nbformat.write(new_notebook(cells=cells, metadata=METADATA), path)
        folder.mkdir()
        make([path], folder, str)
        return parsed(folder / "01_small.html")

    return build


UNUSUAL = [
    "See [why](#why-divide-and-by-what) and [rate](glossary.md#learning-rate).\n"
    "% no comment\n\n(a)=\n\n+++\n\n{b}`c`",
    "# Part one\n\n### Deep\n\n```python\n# no heading\n```",
    "| a | b |\n|---|---|\n| $\\mathbf{x}$ | $\\frac{1}{2}$ |\n\n"
    "$$\\begin{aligned} a &= \\text{so} \\\\ b &= \\sum_i c_i \\end{aligned}$$",
    "<details><summary>Answer</summary>\nBecause $x < 1$ and *so*.\n</details>\n\n"
    "After.",
    "<details>\n<summary>Answer</summary>\n\n| $h$ |\n|---|\n| $m$ |\n\n</details>",
]


def test_a_chapter_is_read_as_jupyter_reads_it(small):
    page = small(*map(new_markdown_cell, UNUSUAL))
    article = page.article
    why, rate = (link["href"] for link in article.select("p a"))
    assert why == "#why-divide-and-by-what" and rate == "glossary.html#learning-rate"
    for text in ("% no comment", "(a)=", "+++", "# no heading"):
        assert text in article.get_text()
    headings = [heading.name for heading in article(["h1", "h2", "h3"])]
    assert headings == ["h1", "h2", "h2", "h3"]
    assert len(article.select("td math")) == 3
    assert len(article.select("mtable mtr")) == 2
    first, second = article("details")
    assert first.math and first.em and "After" not in first.get_text()
    assert second.select_one("table th math")
    assert len(page.select(".sidebar-tree a")) == 2  # parts are not listed beside it


BROKEN = {  # what a message must name, and the text that it is about
    "02_missing": "[next](02_missing.ipynb)",
    "no-such-term": "Text.\n\n[word](glossary.md#no-such-term)",
    "no_such.png": "![a](../images/no_such.png)",
    "no-such-heading": "[why](#no-such-heading)",
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
    with pytest.raises(RuntimeError, match="Sphinx was stopped after 0.2 seconds"):
        small()


@pytest.mark.parametrize("alts", [[None], ["one", "other"]])
def test_figures_without_one_alt_text_are_refused(small, alts):
    described = [{"image/png": {"alt": alt}} if alt else {} for alt in alts]
    png = {"image/png": ""}
    outputs = [new_output("display_data", png, metadata=each) for each in described]
    with pytest.raises(RuntimeError, match="01_small.ipynb, cell 2: .*alt text"):
        small(new_code_cell("1", outputs=outputs))


# ---- in a browser


@pytest.fixture
def address(request, site):
    """The address of the site: its folder, or that of a server on this machine."""
    if request.param == "file":
        yield site.as_uri()
        return
    silence = {"log_message": lambda *_: None}
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), silence)
    handler = partial(quiet, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


WIDTHS = """Promise.all([...document.images].map(
    image => image.decode().then(() => image.naturalWidth, () => 0)))"""
UNFOLD = "document.querySelectorAll('details').forEach(details => details.open = true)"


@each_page
def test_a_page_loads_without_an_error_and_fits_a_phone(name, tab, site):
    tab.goto((site / f"{name}.html").as_uri())
    tab.set_viewport_size(PHONE)
    assert all(tab.evaluate(WIDTHS))
    tab.evaluate(UNFOLD)
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
        tab.wait_for_load_state("networkidle")  # all pages found are fetched, for this
    found.click()
    tab.wait_for_url("**/03_numpy_mlp.html*")
    assert "softmax" in tab.inner_text("article") and tab.faults == []


COLOURS = """() => [
    "body", "article p", "article a", ".cell_input pre", ".cell_input pre .k",
    ".cell_output pre", ".sidebar-drawer", "summary"
].map(where => {
    const style = getComputedStyle(document.querySelector(where));
    return [where, style.color, style.backgroundColor];
})"""


def test_the_switch_turns_to_the_systems_dark_and_stays(tab, site):
    tab.goto((site / f"{FIRST}.html").as_uri())
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
    source = code_cells(read(CHAPTERS[0]))[0].source
    tab.goto((site / f"{FIRST}.html").as_uri())
    assert tab.locator(".cell_output button").count() == 0
    cell = tab.locator(".cell_input").first
    cell.hover()
    cell.get_by_role("button").click()
    tab.evaluate(
        "document.querySelector('article').prepend(document.createElement('textarea'))"
    )
    tab.locator("textarea").press("Control+V")
    assert tab.locator("textarea").input_value().strip() == source.strip()


@pytest.mark.parametrize("folded", [":not(:has(pre))", ":has(pre)"])
def test_what_is_folded_opens(folded, tab, site):
    tab.goto((site / f"{FIRST}.html").as_uri())
    details = tab.locator(f"details{folded}").first
    inside = details.locator(":scope > :not(summary)").first
    assert not inside.is_visible()
    details.locator("summary").press("Enter")
    assert inside.is_visible()


# Colours are what axe spends its time on. Of words of code, formulas, cells and
# paragraphs of a kind, one is left.
ONE_OF_A_KIND = """() => {
    const groups = ["article pre span, article math",
                    "article .cell, article section > p"];
    const kindOf = part => [part.tagName, part.className,
        part.closest(".cell_output, .cell_input, details")?.className].join();
    for (const parts of groups) {
        const seen = new Set();
        for (const part of document.querySelectorAll(parts)) {
            const kinds = [part, ...part.querySelectorAll("*")].map(kindOf);
            if (kinds.every(kind => seen.has(kind))) {
                part.replaceWith(part.matches(".cell, p") ? "" : part.textContent);
            }
            kinds.forEach(kind => seen.add(kind));
        }
    }
}"""


# waits for the layout
FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
VIOLATIONS = """rules => axe.run({resultTypes: ['violations'], ...rules})
    .then(found => found.violations)"""


@each_page
def test_page_passes_axe(name, tab, site):
    install = "pip install axe-playwright-python"
    axe = pytest.importorskip("axe_playwright_python.base", reason=install)
    tab.goto((site / f"{name}.html").as_uri())
    tab.evaluate(UNFOLD)
    tab.evaluate(ONE_OF_A_KIND)
    tab.evaluate(axe.AXE_SCRIPT)
    for viewport in (DESKTOP, PHONE):
        tab.set_viewport_size(viewport)
        tab.evaluate(FRAME)
        for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            tab.emulate_media(color_scheme=scheme)
            for found in tab.evaluate(VIOLATIONS, rules):
                where = f"{name}, {scheme}, {viewport['width']} pixels wide"
                fault = f"{found['id']}: {found['nodes'][0]['html'][:200]}"
                assert found["impact"] not in ("serious", "critical"), (where, fault)
