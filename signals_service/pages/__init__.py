"""Pages for people."""

from flask import Blueprint, Flask, render_template

from signals_service.pages import audit, hitcounts, notices, overlaps, search, signals, usage, wording


def register(app: Flask, municipality: str, attribution: str, *, fictional: bool) -> None:
    """Every page, and the filters that they are written with."""
    app.register_blueprint(blueprint(municipality, attribution, fictional=fictional))
    for module in (search, signals, notices, overlaps, hitcounts, audit, usage):
        app.register_blueprint(module.blueprint)
    wording.register(app)


def blueprint(municipality: str, attribution: str, *, fictional: bool) -> Blueprint:
    """The pages, and the words that stand around every page of this municipality."""
    pages = Blueprint("pages", __name__)

    @pages.app_context_processor
    def _around_every_page() -> dict[str, object]:
        return {"municipality": municipality, "attribution": attribution, "fictional": fictional}

    @pages.get("/")
    def front() -> str:
        return render_template("front.html")

    return pages
