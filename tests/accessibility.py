"""Is a page usable by everyone? The rules of axe for WCAG 2.2 AA, and reflow at 400% zoom.

A machine finds about half of what can be wrong; keyboard, wording and order have tests of their own.
"""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: 1280 pixels at 400% leave 320 (WCAG 1.4.10).
NARROW = {"width": 320, "height": 640}


def assert_accessible(page: Page) -> None:
    """Fail with what axe finds, at the present size and at 400% zoom, and when one must scroll sideways there."""
    size = page.viewport_size
    found = _violations(page)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    try:
        found += [problem for problem in _violations(page) if problem not in found]
        if overflow := _too_wide(page):
            found.append(f"scrolls sideways at 400%: {', '.join(overflow)}")
    finally:
        if size:
            page.set_viewport_size(size)
    assert not found, f"{page.url}:\n" + "\n".join(found)


def _violations(page: Page) -> list[str]:
    page.evaluate(_axe())
    answer = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", _RULES)
    assert answer["passes"], "axe looked at nothing"
    return [
        f"{rule['id']} ({rule['help']}): {node['html'][:160]} → {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def _too_wide(page: Page) -> list[str]:
    """What sticks out of the page; what scrolls within a frame of its own, such as a table, may."""
    return list(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
              [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
                .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
        )
    )


@cache
def _axe() -> str:
    assert _AXE.is_file(), "run tests/install-node.sh first"
    return _AXE.read_text(encoding="utf-8")
