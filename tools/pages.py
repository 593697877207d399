"""Web pages of executed chapters: MathML, pictures inside, no scripts, no network."""

import os
import posixpath
import re
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import DictLoader, pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from tools.chapters import anchor, relinked
from tools.mathml import mathml

PICTURE = """\
{% block data_png scoped %}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
{%- set alt = output | get_metadata('alt', 'image/png') -%}
{%- set width = output | get_metadata('width', 'image/png') %}
<img src="data:image/png;base64,{{ output.data['image/png'] }}"
     {%- if alt %} alt="{{ alt | escape_html }}"{% endif %}
     {%- if width %} width="{{ width }}"{% endif %}>
</div>
{% endblock %}
"""  # a block for templates of pages: figures with their alt text
_TEMPLATE = (
    """
{%- extends 'lab/index.html.j2' -%}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""
    + PICTURE
)


class _PageRenderer(IPythonRenderer):
    """Formulas as MathML, and pictures beside the notebook's folder as well as in it.

    nbconvert embeds nothing from outside ``path``; that is the folder above, and
    ``folder`` the notebook's name in it.
    """

    folder = ""

    def image(self, text, url, title=None):
        if not urlsplit(url).scheme:
            url = posixpath.normpath(posixpath.join(self.folder, url))
        return super().image(text, url, title)

    def heading(self, text, level, **attributes):
        """Give a heading the anchor that links use."""
        html = super().heading(text, level, **attributes)
        usual = re.search(r' id="(.*?)"', html)[1]
        name = anchor(unescape(re.sub("<.*?>", "", text)))
        return html.replace(f' id="{usual}"', f' id="{name}"').replace(
            f' href="#{usual}"', f' href="#{name}"'
        )

    def block_math(self, body):
        return mathml(body, "block")

    def inline_math(self, body):
        return mathml(body, "inline")


class OfflineMarkdown:
    """A mixin for exporters of nbconvert: Markdown that fetches nothing."""

    @pass_context
    def markdown2html(self, context, source):
        """Turn Markdown into HTML, its formulas into MathML."""
        folder = Path(context["resources"]["metadata"]["path"])
        renderer = _PageRenderer(
            escape=False,
            embed_images=True,
            path=str(folder.parent),
            attachments=context["cell"].get("attachments", {}),
            anchor_link_text=self.anchor_link_text,
        )
        renderer.folder = folder.name
        return MarkdownWithMath(renderer=renderer).render(relinked(source, html_target))


def html_target(target):
    """Return the page of a chapter or a text to which a link leads."""
    return re.sub(r"^(\w+)\.(?:ipynb|md)\b", r"\1.html", target)


class PageExporter(OfflineMarkdown, HTMLExporter):
    """nbconvert's page of a notebook, with alt text on figures, fetching nothing."""

    def __init__(self, **kwargs):
        super().__init__(
            embed_images=True,
            template_file="page.html.j2",
            extra_loaders=[DictLoader({"page.html.j2": _TEMPLATE})],
            **kwargs,
        )


def link_to_existing_pages(page, chapters, folder):
    """Return a page whose links lead to pages in ``folder``, or else to notebooks."""
    for chapter in chapters:
        name = f"{chapter.stem}.html"
        try:
            notebook = quote(Path(os.path.relpath(chapter, folder)).as_posix())
        except ValueError:  # on another drive of Windows
            notebook = chapter.resolve().as_uri()
        links = [f'href="{name}', f'href="{notebook}']
        if not (folder / name).exists():
            links.reverse()
        page = page.replace(links[1], links[0])
    return page
