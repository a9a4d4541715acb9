"""A real OpenID Connect provider for the tests: npm's oidc-provider, run by Node."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from signals_service.auth import Provider
from tests.installation import free_port

FOLDER = Path(__file__).parent / "node"
CLIENT, CLIENT_SECRET = "signaleringstool", "secret of the tests"
MACHINE, MACHINE_SECRET = "zaaksysteem", "another secret of the tests"


def _claims(name: str, phone: str, *groups: str) -> dict[str, Any]:
    return {"name": name, "groups": [f"vis-{group}" for group in groups]} | ({"phone_number": phone} if phone else {})


#: login (which is also the password) → what the provider tells of that account
ACCOUNTS = {
    "sanne": _claims("Sanne Fictief", "036-0100201", "rol-raadpleger", "afdeling-burgerzaken"),
    "bram": _claims("Bram Verzonnen", "036-0100202", "rol-raadpleger", "rol-plaatser", "afdeling-openbare-orde"),
    "zonder-rol": _claims("Geen Rol", "036-0100203", "afdeling-burgerzaken"),
    "zonder-afdeling": _claims("Geen Afdeling", "036-0100204", "rol-raadpleger"),
    "twee-afdelingen": _claims(
        "Twee Afdelingen", "036-0100205", "rol-raadpleger", "afdeling-burgerzaken", "afdeling-openbare-orde"
    ),
    "andere-afdeling": _claims("Onbekende Afdeling", "036-0100206", "rol-raadpleger", "afdeling-ruimtevaart")
    | {"groups": ["vis-rol-raadpleger", "grp-ruimtevaart"]},
    "zonder-telefoon": _claims("Geen Telefoon", "", "rol-plaatser", "afdeling-burgerzaken"),
    "zonder-groepen": {"name": "Geen Groepen"},
}
MACHINES = {MACHINE: _claims("Zaaksysteem", "036-0100209", "rol-raadpleger", "afdeling-burgerzaken")}


@dataclass(frozen=True)
class RunningProvider:
    """The provider as it runs, with the key it signs with."""

    issuer: str
    key: RSAKey
    audience: str

    @property
    def provider(self) -> Provider:
        return Provider(self.issuer, CLIENT, CLIENT_SECRET, self.audience)

    def machine_token(self, resource: str | None = None) -> str:
        """An access token for a machine, asked for as machines do."""
        form = {"grant_type": "client_credentials", "scope": "api", "resource": resource or self.audience}
        answer = httpx.post(f"{self.issuer}/token", data=form, auth=(MACHINE, MACHINE_SECRET))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def signed(self, key: RSAKey | None = None, *, alg: str = "RS256", **changes: Any) -> str:
        """An access token that the provider never gave, signed with its own key or another."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": MACHINE,
            "iat": now,
            "exp": now + 300,
            **MACHINES[MACHINE],
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": "of-the-tests", "typ": "at+jwt"}, claims, key or self.key)

    def sign_in(self, url: str, login: str, password: str | None = None, *, stop: bool = False) -> str:
        """Go through the provider's pages as a browser does; returns the address it sends the browser back to."""
        with httpx.Client(follow_redirects=False, timeout=10) as client:
            answer = client.get(url)
            while answer.is_redirect:
                target = answer.headers["Location"]
                if not target.startswith(("/", self.issuer)):
                    return str(target)
                answer = client.get(httpx.URL(self.issuer).join(target))
                if "Werkaccount" in answer.text:
                    form = {"login": login, "password": login if password is None else password}
                    answer = client.post(answer.url, data=form | ({"stop": "1"} if stop else {}))
            raise AssertionError(f"{answer.status_code}: {answer.text[:2000]}")


@contextmanager
def running_provider(
    back_to: Sequence[str], *, audience: str = "https://signalen.test/api", sign_out: bool = True
) -> Iterator[RunningProvider]:
    """A provider that knows the tool at these addresses (`http://127.0.0.1:5080`), and perhaps a way to sign out."""
    port = free_port()
    # By this name it is another website than the tool on 127.0.0.1, as it is outside the tests.
    issuer = f"http://localhost:{port}"
    key = RSAKey.generate_key(2048, {"kid": "of-the-tests", "use": "sig", "alg": "RS256"})
    given = {
        "issuer": issuer,
        "port": port,
        "jwks": {"keys": [key.as_dict(private=True)]},
        "accounts": ACCOUNTS,
        "machines": MACHINES,
        "sign_out": sign_out,
        "clients": [
            {
                "client_id": CLIENT,
                "client_secret": CLIENT_SECRET,
                "redirect_uris": [f"{address}/aanmelden/terug" for address in back_to],
                **({"post_logout_redirect_uris": [f"{address}/afgemeld" for address in back_to]} if sign_out else {}),
            },
            {
                "client_id": MACHINE,
                "client_secret": MACHINE_SECRET,
                "grant_types": ["client_credentials"],
                "redirect_uris": [],
                "response_types": [],
            },
        ],
    }
    process = subprocess.Popen(
        ["node", "provider.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        while (line := process.stdout.readline()) != "ready\n":
            assert line, "the provider did not start; see above, and run tests/install-node.sh"
        yield RunningProvider(issuer, key, audience)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
