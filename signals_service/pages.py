"""Pages for people."""

from flask import Blueprint, render_template


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
