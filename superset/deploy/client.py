"""A thin client of Superset's REST API: it logs in, carries the CSRF token and turns refusals into clear errors."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from deploy.settings import DeployError

_PAGE = 100  # Superset gives no more at a time


class Superset:
    """One logged-in session. Every method raises `DeployError` with Superset's own words when it refuses."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=120, headers={"Referer": url})
        answer = self.call(
            "POST", "/api/v1/security/login", json={"username": user, "password": password, "provider": "db"}
        )
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self._http.headers["X-CSRFToken"] = self.call("GET", "/api/v1/security/csrf_token/")["result"]

    def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """One request; the JSON that came back."""
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise DeployError(f"Superset op {self._http.base_url} antwoordt niet: {error}") from error
        if response.is_error:
            raise DeployError(f"Superset weigert {method} {path} ({response.status_code}): {_reason(response)}")
        result: dict[str, Any] = response.json()
        return result

    def exists(self, path: str) -> bool:
        """Whether this address answers; anything but found or not found is an error."""
        response = self._http.get(path)
        if response.status_code == 404:
            return False
        if response.is_error:
            raise DeployError(f"Superset weigert GET {path} ({response.status_code}): {_reason(response)}")
        return True

    def listing(self, path: str, order: str = "id") -> Iterator[dict[str, Any]]:
        """All items behind a list address, page after page.

        In a fixed order: without one PostgreSQL may give a row on two pages and another on none.
        """
        page = 0
        while True:
            query = f"(order_column:{order},order_direction:asc,page:{page},page_size:{_PAGE})"
            items = self.call("GET", f"{path}?q={quote(query)}")["result"]
            yield from items
            if len(items) < _PAGE:
                return
            page += 1


def _reason(response: httpx.Response) -> str:
    """Superset's own explanation, as short as it can be had."""
    try:
        body = response.json()
    except json.JSONDecodeError:
        return response.text[:500]
    lines = [str(body.get("message", ""))] if body.get("message") else []
    for error in body.get("errors", []):
        details = error.get("extra", {})
        lines.append(str(error.get("message", "")))
        lines += [f"{name}: {said}" for name, said in details.items() if name != "issue_codes"]
    return "; ".join(dict.fromkeys(lines)) or str(body)[:500]
