"""Superset's settings: everything that differs from its defaults, and why.

Superset imports this module by name, so the folder that holds it must be on PYTHONPATH. Start Superset with a working
directory other than the root of the repository: there this folder would shadow the library called `superset`.

Read from the environment, nothing else: VIS_SUPERSET_DATABASE_URL, VIS_SUPERSET_SECRET_KEY, VIS_HOME,
VIS_MUNICIPALITY_NAME, VIS_ATTRIBUTION, VIS_FICTIONAL (1 or 0) and, optional, VIS_MAP_TILES_URL.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.manager import AUTH_DB
from interface import repair_interface


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"{name} ontbreekt: Superset start niet zonder; `make up` zet deze variabele.")
    return value


def _fictional() -> bool:
    value = _required("VIS_FICTIONAL")
    if value not in {"0", "1"}:
        raise RuntimeError(f"VIS_FICTIONAL is {value!r}; verwacht 1 (verzonnen gegevens) of 0.")
    return value == "1"


_MUNICIPALITY = _required("VIS_MUNICIPALITY_NAME")
_FICTIONAL = _fictional()
_TILES = os.environ.get("VIS_MAP_TILES_URL", "")
_SHORTEST_PASSWORD = 12
_STATE = Path(_required("VIS_HOME")) / "superset"

# --- where things are kept --------------------------------------------------------------------------------------------
SQLALCHEMY_DATABASE_URI = _required("VIS_SUPERSET_DATABASE_URL")
SECRET_KEY = _required("VIS_SUPERSET_SECRET_KEY")
# Guest tokens and asynchronous queries are off; their keys must still not be the published defaults.
GUEST_TOKEN_JWT_SECRET = f"guest:{SECRET_KEY}"
GLOBAL_ASYNC_QUERIES_JWT_SECRET = f"async:{SECRET_KEY}"
DATA_DIR = str(_STATE)
UPLOAD_FOLDER = f"{_STATE / 'uploads'}/"
SQLALCHEMY_EXAMPLES_URI = SQLALCHEMY_DATABASE_URI
# A connection may have died in the night's restart of the database: ask before use.
SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 10}

# Results are kept for a minute: ten colleagues who open one page cost one query, and yet nobody looks at figures of
# before the last delivery. Files instead of Redis; the workers on one machine share them.
_CACHE: dict[str, Any] = {
    "CACHE_TYPE": "FileSystemCache",
    "CACHE_DIR": str(_STATE / "cache"),
    "CACHE_THRESHOLD": 2000,
    "CACHE_OPTIONS": {"mode": 0o600},
    "CACHE_DEFAULT_TIMEOUT": 60,
}
CACHE_CONFIG = _CACHE | {"CACHE_KEY_PREFIX": "vis_"}
DATA_CACHE_CONFIG = _CACHE | {"CACHE_KEY_PREFIX": "vis_data_", "CACHE_DIR": str(_STATE / "cache-data")}
CACHE_DEFAULT_TIMEOUT = 60
CELERY_CONFIG = None
RESULTS_BACKEND = None

# --- who may enter, and for how long ----------------------------------------------------------------------------------
AUTH_TYPE = AUTH_DB
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None
FAB_ADD_SECURITY_API = True  # the deploy makes roles and users through it
FAB_API_SWAGGER_UI = False  # loads its pages from elsewhere
FAB_PASSWORD_COMPLEXITY_ENABLED = True


def FAB_PASSWORD_COMPLEXITY_VALIDATOR(password: str) -> None:  # noqa: N802 — the name is Superset's
    """Length is what counts; rules on kinds of characters make passwords worse, not better (NIST SP 800-63B)."""
    if len(password) < _SHORTEST_PASSWORD:
        raise PasswordComplexityValidationError(f"Kies een wachtwoord van ten minste {_SHORTEST_PASSWORD} tekens.")


RATELIMIT_ENABLED = True
RATELIMIT_APPLICATION = "200 per second"  # one dashboard opens with a hundred requests
RATELIMIT_STORAGE_URI = "memory://"
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "30 per minute"

PERMANENT_SESSION_LIFETIME = timedelta(hours=8)
# Cookies do not tell ports apart: without a name of its own this one would overwrite the signals service's.
SESSION_COOKIE_NAME = "vis_superset"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
WTF_CSRF_ENABLED = True
WTF_CSRF_TIME_LIMIT = int(PERMANENT_SESSION_LIFETIME.total_seconds())
# Behind a proxy that ends TLS the scheme comes from its headers.
ENABLE_PROXY_FIX = False

_TILE_HOST = ""
if _TILES:
    _parts = urlsplit(_TILES)
    _has_tile = all(word in _TILES for word in ("{x}", "{y}", "{z}"))
    if _parts.scheme not in {"http", "https"} or not _parts.netloc or not _has_tile:
        raise RuntimeError(f"VIS_MAP_TILES_URL is {_TILES!r}; verwacht https://.../{{z}}/{{x}}/{{y}}.png")
    _TILE_HOST = f"{_parts.scheme}://{_parts.netloc}"

TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:", *([_TILE_HOST] if _TILE_HOST else [])],
        "worker-src": ["'self'", "blob:"],  # deck.gl decodes tiles in workers made from blobs
        "connect-src": ["'self'", *([_TILE_HOST] if _TILE_HOST else [])],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],  # the style library writes <style> elements
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # the proxy's task; the embedded default is loopback only
    "session_cookie_secure": False,
    "referrer_policy": "same-origin",
}
CONTENT_SECURITY_POLICY_WARNING = False
ENABLE_CORS = False
HTML_SANITIZATION = True
PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOWED_EXTENSIONS: set[str] = set()  # figures come through the pipeline, never by upload

# --- language and formats ---------------------------------------------------------------------------------------------
BABEL_DEFAULT_LOCALE = "nl"
LANGUAGES = {"nl": {"flag": "nl", "name": "Nederlands"}}
D3_FORMAT = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["€ ", ""]}
D3_TIME_FORMAT = {
    "dateTime": "%a %-d %B %Y %H:%M",
    "date": "%d-%m-%Y",
    "time": "%H:%M:%S",
    "periods": ["AM", "PM"],
    "days": ["zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"],
    "shortDays": ["zo", "ma", "di", "wo", "do", "vr", "za"],
    "months": [
        *("januari", "februari", "maart", "april", "mei", "juni"),
        *("juli", "augustus", "september", "oktober", "november", "december"),
    ],
    "shortMonths": ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
}
CURRENCIES = ["EUR"]

# --- what is on and what is off ---------------------------------------------------------------------------------------
FEATURE_FLAGS = {
    # The map counts inside its own query, so that a buurt without incidents stays on it; that needs templates.
    "ENABLE_TEMPLATE_PROCESSING": True,
    # A viewer sees the dashboards shared with his role and reaches no other data.
    "DASHBOARD_RBAC": True,
    "ALERT_REPORTS": False,
    "EMBEDDED_SUPERSET": False,
    "EMBEDDABLE_CHARTS": False,
    "ENABLE_JAVASCRIPT_CONTROLS": False,
    "THUMBNAILS": False,
}
ROW_LIMIT = 10_000
SQL_MAX_ROW = 100_000
SUPERSET_WEBSERVER_TIMEOUT = 60
SQLLAB_TIMEOUT = 60
# Relative periods ("last month") end today, at the start of the day.
DEFAULT_RELATIVE_END_TIME = "today"

# --- how it looks -----------------------------------------------------------------------------------------------------
APP_NAME = f"VIS {_MUNICIPALITY}"
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 40"><text x="0" y="30" '
    'font-family="Helvetica,Arial,sans-serif" font-size="32" font-weight="700" fill="#154273">VIS</text>'
    '<rect x="0" y="36" width="62" height="4" fill="#e17000"/></svg>'
)
APP_ICON = f"data:image/svg+xml,{quote(_LOGO)}"
LOGO_TARGET_PATH = "/superset/dashboard/kaart-en-dagdeel/"
LOGO_TOOLTIP = "Veiligheids Informatie Systeem"
LOGO_RIGHT_TEXT = f"FICTIEF · {_MUNICIPALITY}" if _FICTIONAL else _MUNICIPALITY
FLASK_APP_MUTATOR = repair_interface
_BLUE = "#154273"
THEME_DEFAULT: dict[str, Any] = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": LOGO_TOOLTIP,
        "brandLogoUrl": APP_ICON,
        "brandLogoMargin": "18px 0",
        "brandLogoHref": LOGO_TARGET_PATH,
        "brandLogoHeight": "24px",
        "brandSpinnerUrl": None,
        "brandSpinnerSvg": None,
        "colorPrimary": _BLUE,
        "colorLink": _BLUE,
        "colorError": "#c4314b",
        "colorWarning": "#e17000",
        "colorSuccess": "#39870c",
        "colorInfo": "#007bc7",
        "fontUrls": [],
        "fontFamily": "Inter, Helvetica, Arial, sans-serif",
        "fontFamilyCode": "'IBM Plex Mono', 'Courier New', monospace",
        "transitionTiming": 0.3,
        "brandIconMaxWidth": 60,
        "fontSizeXS": "8",
        "fontSizeXXL": "28",
        "fontWeightNormal": "400",
        "fontWeightLight": "300",
        "fontWeightStrong": "500",
        "fontWeightBold": "700",
        "colorEditorSelection": "#fff5cf",
    },
    "algorithm": "default",
}
# One look for all: maps and their colours are made for a light ground.
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False

# Both palettes can be told apart by the colour-blind: Okabe and Ito's eight, and ColorBrewer's YlOrBr.
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "vis_categorie",
        "description": "Okabe en Ito: ook bij kleurenblindheid te onderscheiden",
        "label": "VIS categorieën",
        "isDefault": True,
        "colors": [
            *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"),
            *("#7f7f7f", "#b8a800", "#332288", "#882255", "#44aa99", "#000000"),
        ],
    },
    # Out of the same colours, in the order in which the charts of *Datakwaliteit* name what they count.
    *(
        {"id": name, "description": text, "label": f"VIS {text}", "colors": colors}
        for name, text, colors in (
            ("vis_levering", "leveringen", ["#0072b2", "#56b4e9", "#7f7f7f", "#e69f00", "#d55e00"]),
            ("vis_quarantaine", "quarantaine", ["#009e73", "#e69f00"]),
            ("vis_uitkomst", "uitkomsten", ["#b0b0b0", "#c8c8c8", "#e0e0e0", "#009e73", "#d55e00"]),
        )
    ),
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "vis_volgorde",
        "description": "ColorBrewer YlOrBr: licht is weinig, donker is veel",
        "label": "VIS licht naar donker",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#fdeaae", "#fed976", "#feb24c", "#f07c1d", "#cc4c02", "#7f2704"],
    }
]

# Base tiles come from this one setting; without it the maps work offline, on white. The odd text of the first choice is
# explained at NO_TILES in deploy/settings.py.
DECKGL_BASE_MAP = [
    [" tile://http-geen", "Zonder ondergrond"],
    *([[f"tile://{_TILES}", "Ondergrondkaart"]] if _TILES else []),
]
