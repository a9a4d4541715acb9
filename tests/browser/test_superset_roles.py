"""Who may do what in Superset, asked of the running server: what counts is what it refuses, not what a file says."""

from typing import Any

import httpx
import pytest

SLUG = "kaart-en-dagdeel"


class Session:
    """One user, logged in through the REST API; without a name an anonymous visitor."""

    def __init__(self, url: str, user: str | None = None, password: str = "") -> None:
        self.http = httpx.Client(base_url=url, timeout=60, headers={"Referer": url})
        if user:
            credentials = {"username": user, "password": password, "provider": "db"}
            answer = self.http.post("/api/v1/security/login", json=credentials)
            assert answer.status_code == 200, answer.text
            self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            self.http.headers["X-CSRFToken"] = self.http.get("/api/v1/security/csrf_token/").json()["result"]

    def dashboards(self) -> list[str]:
        return [item["slug"] for item in self.http.get("/api/v1/dashboard/").json().get("result", [])]

    def count(self, dataset: int, form_data: dict[str, Any] | None = None) -> httpx.Response:
        query = {"metrics": ["incidenten"], "columns": [], "filters": []}
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "form_data": form_data or {}}
        return self.http.post("/api/v1/chart/data", json=body)

    def sql(self, statement: str, database: int) -> httpx.Response:
        body = {"database_id": database, "sql": statement, "schema": "marts", "runAsync": False}
        return self.http.post("/api/v1/sqllab/execute/", json=body)


@pytest.fixture(scope="module")
def admin(platform: Any) -> Session:
    return Session(platform.superset_url, platform.superset_admin, platform.superset_password)


@pytest.fixture(scope="module")
def analyst(platform: Any) -> Session:
    return Session(platform.superset_url, "analist", platform.settings.secret("superset_analyst_password"))


@pytest.fixture(scope="module")
def viewer(platform: Any) -> Session:
    return Session(platform.superset_url, "raadpleger", platform.settings.secret("superset_viewer_password"))


@pytest.fixture(scope="module")
def dataset(admin: Session) -> int:
    datasets = admin.http.get("/api/v1/dataset/").json()["result"]
    return next(item["id"] for item in datasets if item["table_name"] == "incident_kaart")


@pytest.fixture(scope="module")
def database(admin: Session) -> int:
    return int(admin.http.get("/api/v1/database/").json()["result"][0]["id"])


@pytest.fixture(scope="module")
def on_dashboard(admin: Session, dataset: int) -> dict[str, Any]:
    """What a browser sends along when the tile *Incidenten* asks for its number."""
    dashboard = admin.http.get(f"/api/v1/dashboard/{SLUG}").json()["result"]["id"]
    charts = admin.http.get(f"/api/v1/dashboard/{SLUG}/charts").json()["result"]
    tile = next(item for item in charts if item["slice_name"] == "Incidenten")
    return {"dashboardId": dashboard, "slice_id": tile["id"], "datasource": f"{dataset}__table"}


def test_a_viewer_sees_the_dashboard_and_its_numbers(
    viewer: Session, dataset: int, on_dashboard: dict[str, Any], platform: Any
) -> None:
    assert sorted(viewer.dashboards()) == ["dader-delict-plaats-tijd", "datakwaliteit", SLUG]
    answer = viewer.count(dataset, on_dashboard)
    assert answer.status_code == 200, answer.text
    shown = answer.json()["result"][0]["data"][0]["incidenten"]
    assert round(shown) == round(platform.expected("select sum(aantal) from marts.incident_kaart")[0][0])


def test_a_viewer_reaches_no_data_besides_the_dashboard(viewer: Session, dataset: int, database: int) -> None:
    assert viewer.count(dataset).status_code == 403
    assert viewer.sql("select 1", database).status_code == 403
    assert viewer.http.get("/api/v1/dataset/").status_code == 403
    assert viewer.http.get("/api/v1/security/users/").status_code == 403


def test_an_analyst_searches_the_marts_and_nothing_else(analyst: Session, database: int) -> None:
    answer = analyst.sql("select count(*) as n from marts.incident_kaart", database)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"][0]["n"] > 0
    for forbidden in ("select * from pg_authid", "select * from raw.incident", "select * from signals.signal"):
        refused = analyst.sql(forbidden, database)
        assert refused.status_code >= 400, f"{forbidden} gaf {refused.text[:200]}"
    assert analyst.sql("create table marts.eigen (n int)", database).status_code >= 400
    assert analyst.http.get("/api/v1/security/users/").status_code == 403


def test_the_database_password_is_never_shown(admin: Session, database: int) -> None:
    shown = admin.http.get(f"/api/v1/database/{database}/connection").json()["result"]["sqlalchemy_uri"]
    assert "vis_bi:XXXXXXXXXX@" in shown


def test_an_anonymous_visitor_gets_nothing(platform: Any, dataset: int, on_dashboard: dict[str, Any]) -> None:
    visitor = Session(platform.superset_url)
    assert visitor.dashboards() == []
    assert visitor.count(dataset, on_dashboard).status_code in {401, 403}
    page = visitor.http.get(f"/superset/dashboard/{SLUG}/")
    assert page.status_code in {302, 401, 404}
    assert visitor.http.get("/superset/sql/").status_code in {302, 401, 404}


def test_the_security_headers_are_sent(platform: Any) -> None:
    answer = httpx.get(f"{platform.superset_url}/login/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "scarf" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    cookie = answer.headers["Set-Cookie"]
    assert "vis_superset=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
