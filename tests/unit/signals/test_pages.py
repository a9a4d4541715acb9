"""The front page and the error pages, read as a browser reads them."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from flask import Flask

from signals_service import create_app
from tests.unit.signals.conftest import offline_config


class Page(HTMLParser):
    """Every start tag with its attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data.strip()}"

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def test_front_page_says_what_the_tool_does_and_where_to_sign_in(offline: Flask) -> None:
    response = offline.test_client().get("/")
    page = Page(response.text)
    assert response.status_code == 200
    assert "Aanmelden om te zoeken" in page.text
    assert "De inhoud van een dossier tonen." in page.text
    assert "Gemeente Demostad" in page.text
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/bestaat-niet"])
def test_pages_are_marked_up_for_everyone(offline: Flask, path: str) -> None:
    page = Page(offline.test_client().get(path).text)
    assert [attributes["lang"] for tag, attributes in page.tags if tag == "html"] == ["nl"]
    assert [page.count(tag) for tag in ("h1", "header", "main", "footer", "title")] == [1, 1, 1, 1, 1]
    links = [attributes for tag, attributes in page.tags if tag == "a"]
    assert links[0]["href"] == "#inhoud"
    assert any(attributes.get("id") == "inhoud" for _, attributes in page.tags)
    assert all("alt" in attributes for tag, attributes in page.tags if tag == "img")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    for attributes in (attributes for _, attributes in page.tags if "aria-labelledby" in attributes):
        assert any(other.get("id") == attributes["aria-labelledby"] for _, other in page.tags)


@pytest.mark.parametrize("path", ["/", "/bestaat-niet"])
def test_pages_hold_no_script_no_inline_style_and_reach_no_other_place(offline: Flask, path: str) -> None:
    client = offline.test_client()
    page = Page(client.get(path).text)
    assert page.count("script") == page.count("style") == 0
    for _, attributes in page.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for address in filter(None, (attributes.get("href"), attributes.get("src"))):
            assert address.startswith(("/", "#"))
            assert not address.startswith("//")
            if address.startswith("/"):
                assert client.get(address).status_code == 200, address
    for sheet in ("style.css", "tokens.css", "vendor/utrecht.css"):
        style = client.get(f"/static/{sheet}").text
        assert "url(" not in style
        assert "@import" not in style


@pytest.mark.parametrize("path", ["/", "/bestaat-niet"])
def test_fiction_is_labelled_on_every_page_and_only_then(path: str) -> None:
    fictional = create_app(offline_config()).test_client().get(path).text
    real = create_app(offline_config(fictional=False, municipality="Almere")).test_client().get(path).text
    assert "Fictief" in Page(fictional).text
    assert "(fictief)</title>" in fictional
    assert "fictief" not in real.replace("Fictieve demonstratiegegevens", "").lower()


def test_what_a_municipality_writes_cannot_become_markup() -> None:
    client = create_app(offline_config(municipality='<b>"x"</b>', attribution="<script>")).test_client()
    assert Page(client.get("/").text).count("b") == Page(client.get("/").text).count("script") == 0


def test_colours_of_text_have_enough_contrast(offline: Flask) -> None:
    """WCAG 2.2 AA asks 4.5:1; the pairs are those the style sheet uses."""
    style = offline.test_client().get("/static/tokens.css").text
    tokens = dict(re.findall(r"--color-([a-z-]+): #([0-9a-f]{6})", style))

    def luminance(name: str) -> float:
        parts = [int(tokens[name][i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for text, ground in [
        ("text", "ground"),
        ("text", "notice"),
        ("text", "fictional"),
        ("text", "info"),
        ("text", "ok"),
        ("text", "error"),
        ("text", "focus"),
        ("no", "error"),
        ("link", "info"),
        ("text-inverse", "ground-strong-hover"),
        ("text-soft", "ground"),
        ("text-soft", "ground-soft"),
        ("text-inverse", "ground-strong"),
        ("link", "ground"),
        ("yes", "ground"),
        ("no", "ground"),
    ]:
        light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
