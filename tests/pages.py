"""Web pages of executed chapters that need no network: formulas as MathML, pictures inside, no scripts."""

import re
from pathlib import Path

from jinja2 import DictLoader, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block data_png scoped %}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
{%- set alt = output | get_metadata('alt', 'image/png') -%}
{%- set width = output | get_metadata('width', 'image/png') %}
<img src="data:image/png;base64,{{ output.data['image/png'] }}"
     {%- if alt %} alt="{{ alt | escape_html }}"{% endif %}
     {%- if width %} width="{{ width }}"{% endif %}>
</div>
{% endblock %}
"""


class _MathMLRenderer(IPythonRenderer):
    def block_math(self, body):
        return convert(body, display="block")

    def inline_math(self, body):
        return convert(body)


class PageExporter(HTMLExporter):
    """nbconvert's page of a notebook, with alt text on figures and nothing fetched from elsewhere."""

    def __init__(self, **kwargs):
        super().__init__(embed_images=True, template_file="page.html.j2",
                         extra_loaders=[DictLoader({"page.html.j2": _TEMPLATE})], **kwargs)

    @pass_context
    def markdown2html(self, context, source):
        """Turn Markdown into HTML, its formulas into MathML."""
        # nbconvert embeds no picture from outside its folder, and ours stand beside the notebooks' one: start there
        source = re.sub(r"(!\[[^]]*\]\()\.\./", r"\1", source)
        folder = Path(context["resources"]["metadata"]["path"]).parent
        renderer = _MathMLRenderer(escape=False, embed_images=True, path=str(folder),
                                   attachments=context["cell"].get("attachments", {}),
                                   anchor_link_text=self.anchor_link_text)
        html = MarkdownWithMath(renderer=renderer).render(source)
        return re.sub(r'(href="\d\d_\w+)\.ipynb', r"\1.html", html)   # the page of a chapter links to other pages
