"""From the settings of an installation and the folder of its municipality to what the service needs to know."""

from orchestration.municipality import load_municipality
from orchestration.settings import Settings, SettingsError
from signals_service.application import Config
from signals_service.auth import AuthConfig, Provider


def configuration(settings: Settings) -> Config:
    """Raises `SettingsError` for a secret that is missing, and for a demo that others can reach."""
    municipality = load_municipality(settings.municipality)
    return Config(
        dsn=settings.dsn("signals"),
        secret_key=settings.secret("signals_secret_key"),
        person_key=settings.secret("person_key"),
        municipality=municipality.name,
        municipality_code=municipality.code,
        time_zone=municipality.time_zone,
        fictional=municipality.fictional,
        attribution=municipality.attribution,
        auth=AuthConfig(
            public_url=settings.signals_address,
            departments={department.code: department.title for department in municipality.signals.departments},
            groups=municipality.signals.meanings,
            groups_claim=settings.oidc_groups_claim,
            provider=_provider(settings),
            demo_password=_demo_password(settings),
            idle_seconds=settings.session_minutes * 60,
        ),
    )


def _provider(settings: Settings) -> Provider | None:
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise SettingsError("VIS_OIDC_ISSUER staat er, maar VIS_OIDC_CLIENT_ID ontbreekt: die krijgt u bij uw provider")
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.secret("oidc_client_secret"),
        audience=settings.oidc_audience or settings.signals_address,
    )


def _demo_password(settings: Settings) -> str | None:
    if not settings.demo_accounts:
        return None
    return settings.secret("signals_demo_password")
