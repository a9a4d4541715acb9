"""The rules of the signaleringstool in a municipality: the key `signals` of `municipality.yaml`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: What an official may be allowed in the signaleringstool.
ROLES = ("raadpleger", "plaatser", "coordinator", "beheerder", "auditor")
_CODE = r"^[a-z][a-z0-9-]{0,39}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignalDepartment(_Strict):
    """A department that takes part; without `email` it is told of meetings on the pages alone."""

    code: str = Field(pattern=_CODE)
    title: str = Field(min_length=1)
    email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")


class SignalKind(_Strict):
    code: str = Field(pattern=_CODE)
    title: str = Field(min_length=1)


class SignalPurpose(_Strict):
    """Why one may search, on which legal basis, and which departments may."""

    code: str = Field(pattern=_CODE)
    title: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    departments: tuple[str, ...] = Field(min_length=1)


_DEPARTMENTS = (
    SignalDepartment(code="burgerzaken", title="Burgerzaken"),
    SignalDepartment(code="belastingen", title="Belastingen"),
    SignalDepartment(code="sociale-zaken", title="Sociale Zaken"),
    SignalDepartment(code="vergunningen", title="Vergunningen"),
    SignalDepartment(code="toezicht-handhaving", title="Toezicht en Handhaving"),
    SignalDepartment(code="openbare-orde", title="Openbare Orde en Veiligheid"),
)
_KINDS = (SignalKind(code="aandacht", title="Vraagt aandacht"), SignalKind(code="onderzoek", title="In onderzoek"))


class SignalRules(_Strict):
    """Terms are in days. Without purposes nobody can search: a legal basis has no default."""

    departments: tuple[SignalDepartment, ...] = _DEPARTMENTS
    kinds: tuple[SignalKind, ...] = _KINDS
    purposes: tuple[SignalPurpose, ...] = ()
    review_days: int = Field(default=180, ge=1)
    max_review_days: int = Field(default=365, ge=1)
    retention_days: int = Field(default=90, ge=0)
    quota_hour: int = Field(default=60, ge=1)
    quota_day: int = Field(default=250, ge=1)
    notice_days: int = Field(default=7, ge=1)
    review_digest: Literal["daily", "weekly"] = "weekly"
    # Group of the provider → `rol:…` or `afdeling:…`; empty: the groups are named `vis-rol-…` and `vis-afdeling-…`.
    groups: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _agree(self) -> "SignalRules":
        if self.review_days > self.max_review_days:
            raise ValueError(f"review_days {self.review_days} ligt voorbij max_review_days {self.max_review_days}")
        for name, codes in (
            ("departments", [item.code for item in self.departments]),
            ("kinds", [item.code for item in self.kinds]),
            ("purposes", [item.code for item in self.purposes]),
        ):
            if twice := sorted({code for code in codes if codes.count(code) > 1}):
                raise ValueError(f"{name}: {', '.join(twice)} staat er tweemaal")
        known = {item.code for item in self.departments}
        meanings = {f"rol:{role}" for role in ROLES} | {f"afdeling:{code}" for code in known}
        if unknown := set(self.groups.values()) - meanings:
            raise ValueError(f"groups: {', '.join(sorted(unknown))}: verwacht een van {', '.join(sorted(meanings))}")
        for purpose in self.purposes:
            if unknown := set(purpose.departments) - known:
                raise ValueError(f"purposes: {purpose.code}: onbekende afdelingen {', '.join(sorted(unknown))}")
        return self

    @property
    def meanings(self) -> dict[str, str]:
        """Group of the provider → `rol:…` or `afdeling:…`; what the municipality says replaces the names of our own."""
        if self.groups:
            return dict(self.groups)
        roles = {f"vis-rol-{role}": f"rol:{role}" for role in ROLES}
        return roles | {f"vis-afdeling-{item.code}": f"afdeling:{item.code}" for item in self.departments}

    def for_database(self, time_zone: str) -> dict[str, Any]:
        """As `signals.configure` takes them."""
        return self.model_dump(mode="json", exclude={"groups"}) | {"time_zone": time_zone}
