"""What all pages of the signaleringstool share, in a real browser: sign-in, layout, keyboard, zoom, print."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import render_template_string
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from signals_service import create_app
from tests.accessibility import NARROW, assert_accessible
from tests.signals_app import SignalsApp, Visit, visit
from tests.unit.signals.conftest import offline_config


@pytest.fixture
def tool(browser: Browser, signals_app: SignalsApp) -> Iterator[Visit]:
    with visit(browser, signals_app.url) as one:
        yield one


@pytest.mark.parametrize("path", ["/", "/aanmelden", "/afgemeld", "/bestaat-niet"])
def test_pages_for_everyone_are_usable_by_everyone(tool: Visit, path: str) -> None:
    tool.page.goto(tool.url + path)
    assert_accessible(tool.page)


def test_a_mistake_is_told_beside_the_field_and_above_the_form(tool: Visit, signals_app: SignalsApp) -> None:
    page = tool.page
    page.goto(f"{tool.url}/aanmelden")
    page.locator("main").get_by_role("button", name="Aanmelden").click()
    assert_accessible(page)
    assert page.title().startswith("Fout: ")
    summary = page.get_by_role("alert")
    summary.get_by_role("link", name="Kies een account.").click()
    expect(page.locator("#account")).to_be_focused()
    page.get_by_label("Bram Verzonnen").check()
    page.get_by_label("Wachtwoord").fill("fout")
    page.locator("main").get_by_role("button", name="Aanmelden").click()
    field = page.get_by_label("Wachtwoord")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Fout: Dit wachtwoord klopt niet. Het staat onder `make up`.")
    expect(page.get_by_label("Bram Verzonnen")).to_be_checked()
    expect(field).to_have_value("")
    assert_accessible(page)


def test_signing_in_and_out_with_the_keyboard_alone(tool: Visit, signals_app: SignalsApp) -> None:
    page = tool.page
    page.goto(f"{tool.url}/aanmelden")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Direct naar de inhoud")).to_be_focused()
    expect(page.get_by_role("link", name="Direct naar de inhoud")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Bram Verzonnen")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type(signals_app.password)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bram Verzonnen")).to_be_visible()
    page.get_by_role("button", name="Afmelden").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="U bent afgemeld")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Afmelden")).to_have_count(0)


def test_everything_that_can_be_focused_shows_it(tool: Visit) -> None:
    page = tool.page
    page.goto(f"{tool.url}/aanmelden")
    seen = 0
    for _ in range(40):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            """() => { const e = document.activeElement; if (e === document.body) return null;
                 const s = getComputedStyle(e); return [e.outerHTML.slice(0, 80), s.outlineStyle, s.outlineWidth]; }"""
        )
        if shown is None:
            break
        assert shown[1] == "solid", shown
        assert float(shown[2].removesuffix("px")) >= 2, shown
        seen += 1
    assert seen >= 4


def test_without_scripts_one_signs_in_all_the_same(browser: Browser, signals_app: SignalsApp) -> None:
    with visit(browser, signals_app.url, java_script_enabled=False) as one:
        signals_app.sign_in(one.page, "auditor")
        one.page.get_by_role("button", name="Afmelden").click()
        expect(one.page.get_by_role("heading", name="U bent afgemeld")).to_be_visible()


def test_on_a_phone(browser: Browser, signals_app: SignalsApp, artifacts: Path) -> None:
    with visit(browser, signals_app.url, viewport=NARROW, has_touch=True, is_mobile=True) as one:
        signals_app.sign_in(one.page, "plaatser")
        assert_accessible(one.page)
        one.page.screenshot(path=artifacts / "signals-phone.png", full_page=True)


def test_fiction_and_the_municipality_stand_on_every_page(tool: Visit) -> None:
    for path in ("/", "/aanmelden", "/bestaat-niet"):
        tool.page.goto(tool.url + path)
        expect(tool.page.get_by_role("note").first).to_contain_text("Demostad bestaat niet")
        expect(tool.page.get_by_role("banner")).to_contain_text("Gemeente Demostad")


def test_who_is_signed_in_sees_name_department_and_roles(tool: Visit, signals_app: SignalsApp, artifacts: Path) -> None:
    signals_app.sign_in(tool.page, "coordinator")
    banner = tool.page.get_by_role("banner")
    expect(banner).to_contain_text("Daan Verbeeld")
    expect(banner).to_contain_text("Openbare Orde en Veiligheid · Raadpleger, Coördinator")
    tool.page.screenshot(path=artifacts / "signals-signed-in.png")


# The parts that pages are built of, all of them and in every state ---------------------------------------------------

PARTS = """{% extends "base.html" %}{% import "macros.html" as ui with context %}
{% block title %}Onderdelen{% endblock %}
{% block content %}<div class="frame page"><h1>Onderdelen</h1>
{{ ui.error_summary(errors) }}
{% for kind in ("info", "ok", "warning", "error") %}
{% call ui.alert(kind, "Titel van " ~ kind) %}<p>Een bericht met <a href="/">een verwijzing</a>.</p>{% endcall %}
{% endfor %}
{% call ui.form("/") %}
{{ ui.field("leeg", "Leeg veld") }}
{{ ui.field("uitleg", "Veld met uitleg", "waarde", description="Zo vult u het in.", optional=True) }}
{{ ui.field("fout", "Veld met fout", "waarde", description="Zo vult u het in.", error=errors.fout) }}
{{ ui.textarea("tekst", "Tekst", "regel", error=errors.tekst) }}
{{ ui.select("keuze", "Keuze", [("a", "Eerste"), ("b", "Tweede")], "b", error=errors.keuze) }}
{{ ui.radios("een", "Een van deze", [("a", "Eerste", "met uitleg"), ("b", "Tweede")], "a", description="Kies.") }}
{{ ui.radios("ander", "Een van die", [("a", "Eerste"), ("b", "Tweede")], error=errors.ander) }}
{{ ui.checkbox("akkoord", "Ik weet het zeker") }}
{{ ui.button("Versturen", "primary") }} {{ ui.button("Anders") }} {{ ui.link_button("Terug", "/") }}
{% endcall %}
{% call ui.table("Een brede tabel", ["Adres", ("Aantal", "number")] + ["Kolom"] * 8, "tabel") %}
{% for n in range(3) %}<tr><th scope="row">Dorpsstraat {{ n }}</th><td class="number">{{ n }}</td>
{% for _ in range(8) %}<td>Burgemeestersplein</td>{% endfor %}</tr>{% endfor %}
{% endcall %}
<h2 class="utrecht-heading-2">Een lijst</h2>
{{ ui.data_list([("Afdeling", "Burgerzaken"), ("Telefoon", ui.phone("036-0100101"))]) }}
{% call(offset) ui.pagination(120, 50, 50) %}/?vanaf={{ offset }}{% endcall %}
</div>{% endblock %}"""
ERRORS = {
    "fout": "Vul iets anders in.",
    "tekst": "Vul een tekst in.",
    "keuze": "Kies er een.",
    "ander": "Kies er een.",
}


@pytest.fixture
def parts(browser: Browser) -> Iterator[Page]:
    app = create_app(offline_config())
    app.view_functions["pages.front"] = lambda: render_template_string(PARTS, errors=ERRORS)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with visit(browser, f"http://127.0.0.1:{server.server_port}") as one:
            one.page.goto(one.url)
            yield one.page
    finally:
        server.shutdown()
        thread.join()


def test_every_part_in_every_state_is_usable_by_everyone(parts: Page, artifacts: Path) -> None:
    assert_accessible(parts)
    parts.screenshot(path=artifacts / "signals-parts.png", full_page=True)
    for name, message in ERRORS.items():
        parts.get_by_role("alert").get_by_role("link", name=message).first.wait_for()
        assert parts.locator(f"#{name}").count() == 1
    expect(parts.get_by_label("Veld met fout")).to_have_accessible_description(
        "Zo vult u het in. Fout: Vul iets anders in."
    )
    expect(parts.get_by_role("link", name="036-0100101")).to_have_attribute("href", "tel:0360100101")
    expect(parts.get_by_role("link", name="Vorige")).to_have_attribute("href", "/?vanaf=0")
    expect(parts.get_by_role("link", name="Volgende")).to_have_attribute("href", "/?vanaf=100")
    expect(parts.get_by_role("group", name="Een van die")).to_be_visible()


def test_every_part_at_high_contrast_and_without_motion(browser: Browser, parts: Page) -> None:
    parts.emulate_media(forced_colors="active", reduced_motion="reduce")
    assert_accessible(parts)


def test_a_wide_table_scrolls_in_its_own_frame_with_the_keyboard(parts: Page) -> None:
    parts.set_viewport_size(NARROW)  # type: ignore[arg-type]
    frame = parts.get_by_role("region", name="Een brede tabel")
    frame.focus()
    before = frame.evaluate("e => e.scrollLeft")
    for _ in range(5):
        parts.keyboard.press("ArrowRight")
    parts.wait_for_function("e => e.scrollLeft > 0", arg=frame.element_handle())
    assert before == 0


def test_on_paper_stands_what_matters(parts: Page, artifacts: Path) -> None:
    parts.emulate_media(media="print")
    for gone in (
        parts.get_by_role("link", name="Direct naar de inhoud"),
        parts.get_by_role("button", name="Versturen"),
    ):
        expect(gone).to_be_hidden()
    expect(parts.get_by_role("heading", name="Onderdelen")).to_be_visible()
    expect(parts.get_by_role("note").first).to_be_visible()
    file = artifacts / "signals-parts.pdf"
    parts.pdf(path=file)
    assert file.read_bytes().startswith(b"%PDF")
