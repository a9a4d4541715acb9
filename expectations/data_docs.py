"""The results of a gate as pages: what Great Expectations calls Data Docs, without the values.

Great Expectations renders the results; the page around them is ours, because its own asks seventeen files of other
people's servers. A page holds counts and shares only: whatever quotes a row is taken out before anything is rendered.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any

KEPT = 20  # pages per source or mart
# Of a result only numbers about rows leave; lists of unexpected values, rows and their index do not.
_SHOWN = frozenset(
    {"element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent", "observed_value"}
)
_DUTCH = {
    "Table-Level Expectations": "De tabel als geheel",
    "Observed Value": "Gevonden",
    "Status": "Uitkomst",
    "Expectation": "Verwachting",
}
_PAGE = Template((Path(__file__).parent / "data_docs.html").read_text(encoding="utf-8"))
_FINGERPRINT = re.compile(r'<meta name="vis-fingerprint" content="(\w+)"')
_UNMET = re.compile(r'<meta name="vis-unmet" content="(\d+)"')


class DataDocs:
    """Pages below one folder: `<gate>/<subject>/<run>.html`, with an index beside them and one at the top.

    Args:
        folder: made when it is not there.
        gate: `in` or `out`.
    """

    def __init__(self, folder: Path, gate: str) -> None:
        self._folder = folder
        self._gate = gate

    def write(self, subject: str, run: str, title: str, results: Sequence[Any], at: datetime) -> str:
        """Render the results of one run, unless the last page of this subject says the same; returns its address
        below the folder.

        `subject` and `run` become file names; `results` are those of Great Expectations; `at` has a time zone.
        """
        folder = self._folder / self._gate / _file_name(subject)
        folder.mkdir(parents=True, exist_ok=True)
        shown = [_without_values(result) for result in results]
        fingerprint = hashlib.sha256(json.dumps([title, shown], sort_keys=True, default=str).encode()).hexdigest()
        pages = _newest_first(folder)
        if pages and _found(_FINGERPRINT, pages[0]) == fingerprint:
            page = pages[0]
        else:
            page = folder / f"{_file_name(run)}.html"
            unmet = sum(not result["success"] for result in shown)
            _replace(page, _page(title, _summary(len(shown), unmet, at) + _render(shown), fingerprint, unmet))
        for old in _newest_first(folder)[KEPT:]:
            old.unlink(missing_ok=True)
        _replace(folder / "index.html", _page(subject, _list_of_pages(folder), "", 0))
        _replace(self._folder / "index.html", _page("Controles aan de poorten", _list_of_subjects(self._folder), "", 0))
        return page.relative_to(self._folder).as_posix()


def _without_values(result: Any) -> dict[str, Any]:
    """One result as plain data; of an error only that there was one, since its message may quote a row."""
    config = result.expectation_config
    found: Mapping[str, Any] = result.result
    # One observed value per expectation is a count or a share; a text can be a value out of a row.
    kept = {
        key: value
        for key, value in found.items()
        if key in _SHOWN and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return {
        "success": bool(result.success),
        "type": config.type,
        "kwargs": {key: value for key, value in config.kwargs.items() if key != "batch_id"},
        "description": config.description,
        "severity": config.severity,
        "result": kept,
        "failed_to_run": _raised(result.exception_info),
    }


def _raised(info: Mapping[str, Any]) -> bool:
    records = [info] if "raised_exception" in info else list(info.values())
    return any(record["raised_exception"] for record in records)


def _render(shown: Sequence[Mapping[str, Any]]) -> str:
    """The tables that Great Expectations makes of these results, as HTML."""
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaSectionView

    results = [
        ExpectationValidationResult(
            success=item["success"],
            expectation_config=ExpectationConfiguration(
                type=item["type"], kwargs=dict(item["kwargs"]), description=item["description"]
            ),
            result=dict(item["result"]),
            exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
        )
        for item in shown
    ]
    met = sum(item["success"] for item in shown)
    whole = ExpectationSuiteValidationResult(
        success=met == len(shown),
        results=results,
        suite_name="vis",
        statistics={
            "evaluated_expectations": len(shown),
            "successful_expectations": met,
            "unsuccessful_expectations": len(shown) - met,
            "success_percent": 100 * met / len(shown) if shown else None,
        },
        meta={"great_expectations_version": "", "run_id": {"run_name": None, "run_time": None}, "batch_kwargs": {}},
    )
    document = ValidationResultsPageRenderer().render(whole)
    view = DefaultJinjaSectionView()
    # The first section tells of connections and versions; ours is on the page itself.
    text = "".join(
        view.render({"section": section.to_json_dict(), "section_loop": {"index": number}})
        for number, section in enumerate(document.sections[1:], 1)
    )
    for english, dutch in _DUTCH.items():
        text = re.sub(rf"(>\s*){re.escape(english)}(\s*<)", rf"\g<1>{dutch}\g<2>", text)
    return text.replace("% unexpected<", "% voldoet niet<").replace("% unexpected ", "% voldoet niet ")


def _summary(count: int, unmet: int, at: datetime) -> str:
    outcome = f"{_unmet(unmet)}.".capitalize()
    return (
        f'<p class="summary {"unmet" if unmet else "met"}"><strong>{outcome}</strong> {count} verwachtingen, '
        f"nagekeken op {at:%d-%m-%Y om %H:%M}.</p>"
    )


def _list_of_pages(folder: Path) -> str:
    return _list((page.name, page.stem, int(_found(_UNMET, page) or 0)) for page in _newest_first(folder))


def _list_of_subjects(folder: Path) -> str:
    parts = []
    for gate, title in (("in", "De poort naar binnen, per bron"), ("out", "De poort naar buiten, per mart")):
        subjects = sorted(path for path in (folder / gate).glob("*") if path.is_dir())
        newest = ((path, _newest_first(path)) for path in subjects)
        items = [
            (f"{gate}/{path.name}/", path.name, int(_found(_UNMET, pages[0]) or 0)) for path, pages in newest if pages
        ]
        parts.append(f"<h2>{title}</h2>" + _list(items) if items else "")
    return "".join(parts)


def _list(items: Any) -> str:
    rows = [
        f'<li class="{"unmet" if unmet else "met"}"><a href="{html.escape(address)}">{html.escape(name)}</a> '
        f"{_unmet(unmet)}</li>"
        for address, name, unmet in items
    ]
    return f'<ul class="runs">{"".join(rows)}</ul>'


def _unmet(number: int) -> str:
    return "alles voldoet" if not number else "1 voldoet niet" if number == 1 else f"{number} voldoen niet"


def _page(title: str, body: str, fingerprint: str, unmet: int) -> str:
    return _PAGE.substitute(title=html.escape(title), body=body, fingerprint=fingerprint, unmet=unmet)


def _newest_first(folder: Path) -> list[Path]:
    pages = [page for page in folder.glob("*.html") if page.name != "index.html"]
    return sorted(pages, key=lambda page: (page.stat().st_mtime_ns, page.name), reverse=True)


def _found(pattern: re.Pattern[str], page: Path) -> str | None:
    match = pattern.search(page.read_text(encoding="utf-8"))
    return match[1] if match else None


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip(".-") or "leeg"


def _replace(file: Path, text: str) -> None:
    """Whole or not at all, for whoever reads it meanwhile."""
    half = file.with_name(f".{file.name}.part")
    half.write_text(text, encoding="utf-8")
    half.replace(file)
