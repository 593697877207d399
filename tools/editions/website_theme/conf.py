"""Sphinx's settings for the web edition, and what it does not do by itself.

Formulas become MathML while the site is built, links to pictures show them, and parts
of a chapter come under its title. Nothing here may ask for another machine, now or in
the reader's browser.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

from tools.mathml import mathml

LOG = getLogger(__name__)

project = "Learning machines"
html_title = project
language = "en"
root_doc = "index"
extensions = ["myst_nb", "sphinx_copybutton"]

nb_execution_mode = "off"
nb_merge_streams = True

myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
# what is plain text to Jupyter
myst_disable_syntax = "myst_block_break myst_line_comment myst_target myst_role".split()
# a level of headings may be left out: pages show how deep they are nested, without gaps
suppress_warnings = ["myst.header"]
smartquotes = False

html_theme = "furo"
html_math_renderer = "mathml"
templates_path = ["templates"]
html_static_path = ["static"]
html_favicon = "static/favicon.svg"
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_copy_source = False
html_show_copyright = False
html_use_index = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_selector = "article pre:not(.cell_output pre)"  # code, not what it printed


def formula_of(node, display):
    """Return the formula of a node as MathML; warn if it cannot be written so."""
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        LOG.warning("%s", error, location=node)
        return ""


def visit_inline_formula(translator, node):
    """Write a formula within a line."""
    translator.body.append(formula_of(node, "inline"))
    raise nodes.SkipNode


def visit_formula(translator, node):
    """Write a formula in a line of its own."""
    translator.body.append(f'<div class="math">{formula_of(node, "block")}</div>')
    raise nodes.SkipNode


def visit_link_to_file(translator, node):
    """Write a link that shows a picture; Sphinx's own has the browser save it."""
    target = f"{translator.builder.dlpath}/{node['filename']}"
    translator.body.append(translator.starttag(node, "a", "", href=target))


def depart_link_to_file(translator, _):
    """End a link to a picture."""
    translator.body.append("</a>")


class OneTitle(SphinxTransform):
    """Moves the parts of a chapter, which have first-level headings, under its title.

    Each of them would otherwise be listed beside the title among the chapters.
    """

    default_priority = 100

    def apply(self):
        """Move all first-level sections but one into that one."""
        sections = [
            child
            for child in self.document.children
            if isinstance(child, nodes.section)
        ]
        for part in sections[1:]:
            self.document.remove(part)
            sections[0].append(part)


def setup(app):
    """Give Sphinx what it lacks."""
    app.add_transform(OneTitle)
    app.add_html_math_renderer(
        "mathml", (visit_inline_formula, None), (visit_formula, None)
    )
    app.add_node(
        addnodes.download_reference,
        override=True,
        html=(visit_link_to_file, depart_link_to_file),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
