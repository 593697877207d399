"""Try the links of pages and notebooks to other sites: `python -m tests.audit.links`.

The suite itself never leaves the machine, so this is run apart from it, once a week. It
needs nothing but Python. A site that turns programs away is reported but is not a
fault: nobody can say whether a reader would find the page.
"""

import http.client
import json
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("*.md", "notebooks/*.md", "helpers/mnist/*.md", "notebooks/*.ipynb")
PATIENCE = 20  # seconds for one try
TRIES = 3
PAUSE = 5  # seconds between two
TURNED_AWAY = {401, 403, 429}  # "not for programs" or "not now", not "gone"


def links_in(text):
    """Return the addresses of other sites in a text, in their order, each once."""
    found = re.findall(r"https?://[^\s<>()\"'`\]*]+", text)
    outside = (link.rstrip(".,;:!?").partition("#")[0] for link in found)
    here = re.compile(r"https?://(localhost|127\.0\.0\.1)\b")
    return list(dict.fromkeys(link for link in outside if not here.match(link)))


def text_of(path):
    """Return a page, or the prose of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    prose = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    return "\n".join("".join(source) for source in prose)


def links_of_the_course(root):
    """Return a dictionary from each address to the files that lead there."""
    found = {}
    for path in (path for place in PLACES for path in sorted(root.glob(place))):
        for link in links_in(text_of(path)):
            found.setdefault(link, []).append(path.relative_to(root).as_posix())
    return found


def answer(link):
    """Return the status that an address answers with, or the reason why it does not."""
    request = urllib.request.Request(link, headers={"User-Agent": "Mozilla/5.0"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as page:
            return page.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__


def verdict(link):
    """Try an address; return `found`, `turned away` or what is wrong."""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        said = answer(link)
        if said == 200:
            return "found"
        if said in TURNED_AWAY:
            return "turned away"
        if said in (404, 410):
            break  # gone is gone
    return f"BROKEN ({said})"


def main(root=ROOT):
    """Try every link; return 0 if none is broken, else 1."""
    broken = 0
    links = links_of_the_course(root)
    for link, files in links.items():
        said = verdict(link)
        broken += said.startswith("BROKEN")
        print(f"{said}: {link}, in {', '.join(files)}", flush=True)
    print(f"{len(links)} links, {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
