"""What the sign-in needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider. `audience` is what its access tokens for this API are made out to."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    audience: str


@dataclass(frozen=True)
class AuthConfig:
    """Sign-in, session and rights of one installation.

    `groups` gives a meaning to the provider's groups: `rol:plaatser` or `afdeling:belastingen`. `departments` are the
    codes with their titles. Times are in seconds.
    """

    public_url: str
    departments: Mapping[str, str]
    groups: Mapping[str, str] = field(default_factory=dict)
    groups_claim: str = "groups"
    provider: Provider | None = None
    demo_password: str | None = field(default=None, repr=False)
    idle_seconds: int = 15 * 60
    absolute_seconds: int = 8 * 3600

    def __post_init__(self) -> None:
        if self.provider and self.provider.audience == self.provider.client_id:
            raise ValueError(
                "VIS_OIDC_AUDIENCE is gelijk aan VIS_OIDC_CLIENT_ID: dan opent een bewijs van aanmelden ook de API. "
                "Geef de API bij uw provider een eigen naam"
            )

    @property
    def secure(self) -> bool:
        """True when people reach the service by https."""
        return urlsplit(self.public_url).scheme == "https"
