// What pages of the web edition do by themselves. No request leaves the page.

// An excerpt for each search result is read from its page, which a browser refuses to pages opened as files.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol.startsWith("http");

// Boxes that are wider than the screen scroll; those take the focus, so that the arrow keys scroll them, too.
function markScrollingBoxes() {
  for (const box of document.querySelectorAll("article pre, details table, .table-wrapper, .math-wrapper")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

addEventListener("load", markScrollingBoxes);
addEventListener("resize", markScrollingBoxes);
addEventListener("toggle", markScrollingBoxes, true);   // a folded answer or solution was opened

// The two side columns have names, so that readers who hear the page can tell them apart.
document.querySelector(".sidebar-drawer").ariaLabel = "Chapters";
document.querySelector(".toc-drawer").ariaLabel = "On this page";
