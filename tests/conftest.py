"""What tests share: a browser."""

import shutil
from urllib.parse import urlsplit

import pytest

BROWSERS = "chromium chromium-browser google-chrome google-chrome-stable chrome msedge"
OPTIONS = "no-sandbox disable-gpu disable-sync no-first-run"
OPTIONS += " disable-background-networking disable-component-update"
TIMEOUT = 20_000  # milliseconds


@pytest.fixture(scope="session")
def browser():
    """A browser without a window."""
    reason = "pip install playwright, to see pages in a browser"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    program = next(filter(None, map(shutil.which, BROWSERS.split())), None)
    if program is None:
        pytest.skip(
            f"No browser among {BROWSERS}: install Chromium to see pages in one"
        )
    options = [f"--{option}" for option in OPTIONS.split()]
    with playwright.sync_playwright() as tools:
        yield tools.chromium.launch(
            executable_path=program, headless=True, args=options, timeout=TIMEOUT
        )


@pytest.fixture
def tab(browser):
    """An empty tab; its ``faults`` are errors, and requests that leave the machine."""
    size = {"width": 1300, "height": 900}
    with browser.new_context(color_scheme="light", viewport=size) as context:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.faults = []

        def on_console(message):
            if message.type == "error":
                page.faults.append(message.text)

        def on_request(request):
            if not is_local(request.url):
                page.faults.append(request.url)

        page.on("console", on_console)
        page.on("request", on_request)
        page.on("requestfailed", lambda request: page.faults.append(request.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        yield page


def is_local(url):
    """Tell whether a request stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("file", "data", "blob") or parts.hostname == "127.0.0.1"
