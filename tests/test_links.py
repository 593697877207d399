"""The weekly look at links to other sites: which it finds, and what it says when one is gone. No site is asked here."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.audit import links


class Site(BaseHTTPRequestHandler):
    """A site on this machine that answers with the number in the address."""

    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        if self.path == "/later" and len(self.asked) == 1:
            status = 503
        else:
            status = int(self.path[1:]) if self.path[1:].isdigit() else 200
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


@pytest.mark.parametrize(
    "path, said, tries",
    [
        ("200", "found", 1),
        ("later", "found", 2),
        ("403", "turned away", 1),
        ("404", "BROKEN (404)", 1),
        ("500", "BROKEN (500)", links.TRIES),
    ],
)
def test_a_link_is_tried_and_its_fate_told(site, path, said, tries):
    assert links.verdict(f"{site}/{path}") == said
    assert len(Site.asked) == tries


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
def test_the_exit_status_says_whether_one_is_broken(
    tmp_path, monkeypatch, capsys, said, status
):
    (tmp_path / "README.md").write_text("https://a.example")
    monkeypatch.setattr(links, "verdict", lambda link: said)
    assert links.main(tmp_path) == status
    assert capsys.readouterr().out == (
        f"{said}: https://a.example, in README.md\n1 links, {status} broken\n"
    )


def test_the_course_has_links_to_try():
    assert links.links_of_the_course(links.ROOT)
