"""Signing in at the municipality's own OpenID Connect provider: authorization code with PKCE, state and nonce.

The provider is asked at the first sign-in, not at the start: it may be away while the service goes on.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from signals_service.auth.config import Provider

#: Only signatures that nobody can make without the provider's private key.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_SCOPE = "openid profile phone"
_SECONDS = 5.0
_METADATA_SECONDS = 3600
#: An unknown key has the keys read anew at most this often: whoever sends rubbish cannot keep us asking.
_KEYS_SECONDS = 30
#: Seconds that two clocks may differ.
_LEEWAY = 60


class ProviderError(RuntimeError):
    """The provider is away or answers what cannot be right. The message is for the log and holds no token."""


class TokenError(RuntimeError):
    """A token or an answer is not to be trusted. The message names the reason and holds nothing of the token."""


@dataclass(frozen=True)
class Transaction:
    """What is remembered between going to the provider and coming back."""

    state: str
    nonce: str
    verifier: str


class OpenIdProvider:
    """One provider, as its discovery document describes it. Threads may share it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys = KeySet([])
        self._metadata_read = self._keys_read = float("-inf")

    def begin(self, redirect_uri: str, *, again: bool = False) -> tuple[str, Transaction]:
        """The address to send the browser to, and what to remember meanwhile.

        `again`: somebody signed out; the provider asks who is there, also when its own session goes on.
        """
        transaction = Transaction(generate_token(32), generate_token(32), generate_token(64))
        url, _ = self._client(redirect_uri).create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=transaction.state,
            nonce=transaction.nonce,
            code_verifier=transaction.verifier,
            **({"prompt": "login"} if again else {}),
        )
        return url, transaction

    def finish(self, transaction: Transaction, redirect_uri: str, answer: dict[str, str]) -> dict[str, Any]:
        """The claims of who came back with `answer`, the parameters of the redirect. Its state has been compared.

        Raises `TokenError` when the answer is not one to this transaction.
        """
        issuer = answer.get("iss")
        promised = self.metadata().get("authorization_response_iss_parameter_supported")
        if (promised and issuer is None) or issuer not in (None, self._provider.issuer):
            raise TokenError("the answer is another provider's")
        try:
            token = self._client(redirect_uri).fetch_token(
                self._endpoint("token_endpoint"),
                code=answer.get("code", ""),
                code_verifier=transaction.verifier,
                timeout=_SECONDS,
            )
        except AuthlibBaseError as error:
            raise TokenError(f"the provider refused the code: {error.error}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderError(f"token endpoint: {type(error).__name__}") from error
        claims = self._id_token(token, transaction.nonce)
        return claims | self._user_info(token, claims["sub"])

    def access_token(self, text: str) -> dict[str, Any]:
        """The claims of an access token made out to this API; raises `TokenError` when it is not to be trusted."""
        claims, _ = self._decode(text)
        registry = JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise TokenError(f"{type(error).__name__}: {error.description or error.error}") from error
        return claims

    def end_session_url(self, back: str) -> str | None:
        """Where the browser ends the session at the provider itself; None when it has no such place."""
        endpoint = self.metadata().get("end_session_endpoint")
        if endpoint is None:
            return None
        query = urlencode({"client_id": self._provider.client_id, "post_logout_redirect_uri": back})
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    def metadata(self) -> dict[str, Any]:
        """The discovery document, read again every hour."""
        with self._lock:
            if time.monotonic() - self._metadata_read > _METADATA_SECONDS:
                base = self._provider.issuer.rstrip("/")
                found = _read(f"{base}/.well-known/openid-configuration")
                if found.get("issuer") != self._provider.issuer:
                    raise ProviderError(f"VIS_OIDC_ISSUER={self._provider.issuer}, but it says {found.get('issuer')!r}")
                self._metadata, self._metadata_read = found, time.monotonic()
            return self._metadata

    def _endpoint(self, name: str) -> str:
        address = self.metadata().get(name)
        if not isinstance(address, str):
            raise ProviderError(f"the discovery document has no {name}")
        if urlsplit(self._provider.issuer).scheme == "https" and urlsplit(address).scheme != "https":
            raise ProviderError(f"{name} is not reached by https")
        return address

    def _client(self, redirect_uri: str) -> OAuth2Session:
        methods = self.metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return OAuth2Session(
            client_id=self._provider.client_id,
            client_secret=self._provider.client_secret,
            token_endpoint_auth_method="client_secret_basic"
            if "client_secret_basic" in methods
            else "client_secret_post",
            scope=_SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _id_token(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        if "id_token" not in token:
            raise TokenError("the provider gave no id_token")
        claims, header = self._decode(token["id_token"])
        checked = CodeIDToken(
            claims,
            header,
            options={
                "iss": {"essential": True, "value": self._provider.issuer},
                "aud": {"essential": True, "value": self._provider.client_id},
            },
            params={"nonce": nonce, "client_id": self._provider.client_id, "access_token": token.get("access_token")},
        )
        try:
            checked.validate(leeway=_LEEWAY)
        except JoseError as error:
            raise TokenError(f"{type(error).__name__}: {error.description or error.error}") from error
        return dict(checked)

    def _user_info(self, token: dict[str, Any], subject: str) -> dict[str, Any]:
        """Most providers keep groups and telephone out of the ID token and tell them when asked."""
        if "userinfo_endpoint" not in self.metadata() or not token.get("access_token"):
            return {}
        claims = _read(self._endpoint("userinfo_endpoint"), token["access_token"])
        if claims.get("sub") != subject:
            raise TokenError("userinfo is about somebody else")
        return claims

    def _decode(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for fresh in (False, True):
            keys = self._key_set(fresh=fresh)
            try:
                token = jwt.decode(text, keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError) as error:
                # Perhaps the provider has new keys since they were read.
                if fresh:
                    raise TokenError(f"{type(error).__name__}") from error
            else:
                return dict(token.claims), dict(token.header)
        raise AssertionError("unreachable")

    def _key_set(self, *, fresh: bool) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            age = time.monotonic() - self._keys_read
            if age > _METADATA_SECONDS or (fresh and age > _KEYS_SECONDS):
                found = _read(address)
                try:
                    self._keys = KeySet.import_key_set({"keys": list(found["keys"])})
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    raise ProviderError("jwks_uri: no key set") from error
                self._keys_read = time.monotonic()
            return self._keys


def _read(address: str, access_token: str | None = None) -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    if access_token:
        headers["Authorization"] = f"Bearer {access_token}"
    try:
        response = requests.get(address, headers=headers, timeout=_SECONDS, allow_redirects=False)
        response.raise_for_status()
        found = response.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderError(f"{address}: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise ProviderError(f"{address}: no JSON object")
    return found
