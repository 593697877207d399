"""What tests share: a browser."""

import shutil
from urllib.parse import urlsplit

import pytest

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 20_000  # milliseconds that any wait may take


@pytest.fixture(scope="session")
def browser():
    """A browser without a window."""
    playwright = pytest.importorskip(
        "playwright.sync_api",
        reason="pip install playwright, to see pages in a browser",
    )
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(
            f"No browser among {', '.join(BROWSERS)}: install Chromium to see pages in one"
        )
    with playwright.sync_playwright() as tools:
        yield tools.chromium.launch(
            executable_path=program, headless=True, args=OPTIONS, timeout=PATIENCE
        )


@pytest.fixture
def tab(browser):
    """An empty tab of the size of a desktop that keeps account of errors and of what is asked for elsewhere."""
    with browser.new_context(
        color_scheme="light", viewport={"width": 1300, "height": 900}
    ) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.faults = []
        page.on(
            "console",
            lambda message: (
                page.faults.append(message.text) if message.type == "error" else None
            ),
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("requestfailed", lambda request: page.faults.append(request.url))
        page.on(
            "request",
            lambda request: (
                None if is_here(request.url) else page.faults.append(request.url)
            ),
        )
        yield page


def is_here(url):
    """Tell whether a request stays on this machine."""
    return (
        urlsplit(url).scheme in ("file", "data", "blob")
        or urlsplit(url).hostname == "127.0.0.1"
    )
