"""Links: how editions change them, how faults and broken ones are found (offline)."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.audit import links
from tests.rules.links import faults_of_pictures_and_links
from tools.chapters import relinked
from tools.pages import html_target

# ---- inside the course


def test_links_are_led_elsewhere_or_dropped():
    text = "[a [b]](x.md#c), ![two\nlines](p.png), [`word`](glossary.md) "
    text += "f[0](y) [z](a_(b))"
    found = []

    def change(target):
        found.append(target)
        return None if target == "glossary.md" else f"to/{target}"

    assert relinked(text, change) == (
        "[a [b]](to/x.md#c), ![two\nlines](to/p.png), `word` f[0](to/y) [z](a_(b))"
    )
    assert found == ["x.md#c", "p.png", "glossary.md", "y"]


PAGES = {
    "02_pca.ipynb#one-two": "02_pca.html#one-two",
    "glossary.md": "glossary.html",
    "#here": "#here",
    "../README.md": "../README.md",
    "https://a.example/b.md": "https://a.example/b.md",
}


def test_links_to_chapters_and_texts_lead_to_their_pages():
    assert {target: html_target(target) for target in PAGES} == PAGES


PICTURE = "![One two three four five six seven eight.]"
FAULTS = {
    "![A dot](dot.png)": "no real alt text",
    f"{PICTURE}(https://a.example/dot.png)": "from elsewhere",
    f"{PICTURE}(dot.gif)": "LaTeX cannot include",
    "[a](gone.md)": "gone.md does not exist",
    "[a](page.md#gone)": "page.md has no heading for #gone",
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults_of_links_and_pictures_are_found(tmp_path, text):
    for name in ("dot.png", "dot.gif", "page.md"):
        (tmp_path / name).write_text("# A heading\n")
    (fault,) = faults_of_pictures_and_links(text, tmp_path / "this.md")
    assert FAULTS[text] in fault
    right = "![One two three four five six seven eight](dot.png) [a](page.md#a-heading)"
    assert list(faults_of_pictures_and_links(right, tmp_path / "this.md")) == []


# ---- to other sites


class Site(BaseHTTPRequestHandler):
    """A site on this machine that answers with the number in the address."""

    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        if self.path == "/later":
            status = 503 if len(self.asked) == 1 else 200
        else:
            status = int(self.path[1:])
        self.send_response(status)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(Site, "asked", [])
    monkeypatch.setattr(links, "PAUSE", 0)
    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


VERDICTS = {  # the site's answer: the verdict, and the number of tries
    "200": ("found", 1),
    "later": ("found", 2),
    "403": ("turned away", 1),
    "404": ("BROKEN (404)", 1),
    "500": ("BROKEN (500)", links.TRIES),
}


@pytest.mark.parametrize("path", VERDICTS)
def test_a_link_is_tried_and_judged(site, path):
    assert (links.verdict(f"{site}/{path}"), len(Site.asked)) == VERDICTS[path]


def test_a_site_that_does_not_answer_is_broken(site, monkeypatch):
    def unreachable(request, timeout):
        raise TimeoutError("timed out")

    monkeypatch.setattr(links.urllib.request, "urlopen", unreachable)
    assert links.verdict(site) == "BROKEN (timed out)"


def test_links_are_found_in_pages_and_in_prose(tmp_path):
    (tmp_path / "notebooks").mkdir()
    page = "[a](https://a.example/x#y), <https://b.example>. http://127.0.0.1:1/ `c`\n"
    (tmp_path / "README.md").write_text(page)
    cells = [
        {"cell_type": "markdown", "source": ["See ", "https://a.example/x."]},
        {"cell_type": "code", "source": ["'https://code.example'"]},
    ]
    (tmp_path / "notebooks" / "01_x.ipynb").write_text(json.dumps({"cells": cells}))
    assert links.links_of_the_course(tmp_path) == {
        "https://a.example/x": ["README.md", "notebooks/01_x.ipynb"],
        "https://b.example": ["README.md"],
    }


@pytest.mark.parametrize("said, status", [("found", 0), ("BROKEN (404)", 1)])
def test_exit_status_says_whether_one_is_broken(
    tmp_path, monkeypatch, capsys, said, status
):
    (tmp_path / "README.md").write_text("https://a.example")
    monkeypatch.setattr(links, "verdict", lambda link: said)
    assert links.main(tmp_path) == status
    report = f"{said}: https://a.example, in README.md\n1 links, {status} broken\n"
    assert capsys.readouterr().out == report


def test_the_course_has_links_to_try():
    assert links.links_of_the_course(links.ROOT)
