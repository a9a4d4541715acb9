"""What goes in and comes out of the API, as the OpenAPI description tells it."""

from marshmallow import EXCLUDE, fields

from signals_service.acts import inputs
from signals_service.acts.audit import MOST
from signals_service.acts.overlaps import OUTCOMES, STATUSES
from signals_service.api.fields import CamelSchema, day, number, one_of, text

_PURPOSE = "Code van het doel waarvoor u zoekt, uit de lijst van uw gemeente"
_CASE = "Nummer van de zaak waaraan u werkt"
_ID = "Kenmerk van het adres in de BAG (nummeraanduiding)"
CASE_PATTERN = r"^[0-9A-Za-z]([0-9A-Za-z ._/:-]*[0-9A-Za-z])?$"


def _purpose() -> fields.String:
    return text(_PURPOSE, maximum=60)


def _case() -> fields.String:
    return text(_CASE, maximum=inputs.MAX_CASE_NUMBER, pattern=CASE_PATTERN)


# In -----------------------------------------------------------------------------------------------------------------


class AddressSearchIn(CamelSchema):
    """A `query`, or the `addressId` of a candidate."""

    query = text("Het adres, zoals iemand het schrijft", maximum=inputs.MAX_QUERY, required=False)
    address_id = text(_ID, maximum=40, required=False)
    purpose = _purpose()
    case_number = _case()


class PersonSearchIn(CamelSchema):
    """A `bsn`, or a `name` with a `birthDate`."""

    bsn = text("Burgerservicenummer; het komt nooit terug", maximum=20, required=False)
    name = text("Achternaam, met of zonder voorvoegsel", maximum=inputs.MAX_NAME, required=False)
    birth_date = day("Geboortedatum", required=False)
    purpose = _purpose()
    case_number = _case()


class AddressResolutionIn(CamelSchema):
    query = text("Het adres of het begin ervan", maximum=inputs.MAX_QUERY)


class SignalIn(CamelSchema):
    """On an address (`query` or `addressId`), a person (`bsn`, `name` with `birthDate`, or these together), or both."""

    query = text("Het adres, zoals iemand het schrijft", maximum=inputs.MAX_QUERY, required=False)
    address_id = text(_ID, maximum=40, required=False)
    bsn = text("Burgerservicenummer; het komt nooit terug", maximum=20, required=False)
    name = text("Achternaam, met of zonder voorvoegsel", maximum=inputs.MAX_NAME, required=False)
    birth_date = day("Geboortedatum", required=False)
    kind = text("Code van het soort signaal", maximum=60)
    reason = text("Waarom; alleen de eigen afdeling ziet dit", maximum=inputs.MAX_TEXT)
    review_on = day("Wanneer het signaal wordt herzien; zonder deze geldt de termijn van de gemeente", required=False)
    purpose = _purpose()
    case_number = _case()


class RenewalIn(CamelSchema):
    review_on = day("De nieuwe datum van herziening")
    reason = text("Waarom het signaal nog nodig is", maximum=inputs.MAX_TEXT)


class ClosureIn(CamelSchema):
    reason = text("Waarom het signaal dicht kan", maximum=inputs.MAX_TEXT)


class OutcomeIn(CamelSchema):
    outcome = one_of("Wat eruit kwam", list(OUTCOMES), required=True)
    note = text("Toelichting, zonder namen", maximum=inputs.MAX_TEXT, required=False)


class _Query(CamelSchema):
    class Meta:
        unknown = EXCLUDE


class PageQuery(_Query):
    limit = number("Hoeveel er tegelijk komen", least=1, most=200, default=50)
    offset = number("Hoeveel er worden overgeslagen", least=0, most=1_000_000, default=0)


class OverlapQuery(PageQuery):
    status = one_of("Alleen samenloop met deze stand", list(STATUSES))


class SignalQuery(PageQuery):
    status = one_of("Alleen signalen met deze stand", ["open", "closed"])


class HitCountQuery(_Query):
    first = day("Geplaatst vanaf", required=False)
    last = day("Geplaatst tot en met", required=False)
    department = text("Code van een afdeling", maximum=60, required=False)
    minimum = number("Kleinste aantal signalen per adres", least=1, most=10_000, default=1)


class PurposeHeaders(_Query):
    """Purpose and case number of a question by GET: a case number may lead to a person, so it stands in no URL."""

    purpose = fields.String(
        required=True,
        data_key="Vis-Purpose",
        metadata={"description": _PURPOSE},
        error_messages={"required": "Ontbreekt."},
    )
    case_number = fields.String(
        required=True,
        data_key="Vis-Case-Number",
        metadata={"description": _CASE},
        error_messages={"required": "Ontbreekt."},
    )

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:  # type: ignore[type-arg]
        """Headers keep the names they were given."""


class AuditQuery(_Query):
    first = day("Vanaf deze dag", required=False)
    last = day("Tot en met deze dag", required=False)
    action = text("Alleen deze handeling", maximum=60, required=False)
    limit = number("Hoeveel er tegelijk komen", least=1, most=MOST, default=100)
    before = number("Alleen regels met een kleiner nummer", least=1, most=2**53)


# Out ----------------------------------------------------------------------------------------------------------------


class AddressOut(CamelSchema):
    id = fields.String(attribute="nummeraanduiding_id", metadata={"description": _ID})
    text = fields.String(attribute="label", metadata={"description": "Het adres op één regel"})
    street = fields.String()
    house_number = fields.Integer()
    house_letter = fields.String()
    house_suffix = fields.String()
    postcode = fields.String()
    place = fields.String()


class HitOut(CamelSchema):
    """That a department placed a signal, and whom to phone; never what it is about."""

    department = fields.String(attribute="department_title")
    department_code = fields.String(attribute="department")
    official = fields.String()
    phone = fields.String()
    placed_month = fields.String(metadata={"description": "Jaar en maand: 2026-11"})
    status = fields.String(metadata={"enum": ["open", "closed"]})


class BesideOut(CamelSchema):
    address = fields.Nested(AddressOut)
    hit_count = fields.Integer()
    department_count = fields.Integer()


class SearchOut(CamelSchema):
    """`no-hit` is no proof that nothing is the matter; with `ambiguous` and `not-found` no signal was looked for."""

    id = fields.UUID()
    status = fields.String(metadata={"enum": ["hit", "no-hit", "ambiguous", "not-found"]})
    hits = fields.List(fields.Nested(HitOut))
    hit_count = fields.Integer()
    department_count = fields.Integer()
    data_date = fields.DateTime(allow_none=True, metadata={"description": "Van wanneer het adressenregister is"})
    processing_id = fields.UUID(metadata={"description": "Waaronder de vraag is vastgelegd"})


class AddressSearchOut(SearchOut):
    address = fields.Nested(AddressOut, allow_none=True)
    candidates = fields.List(fields.Nested(AddressOut))
    suggestions = fields.List(fields.Nested(AddressOut), metadata={"description": "Bedoelde u: geen antwoord"})
    beside = fields.List(fields.Nested(BesideOut), metadata={"description": "Andere adressen op dit huisnummer"})
    understood = fields.String(metadata={"description": "Hoe de vraag is gelezen"})
    notes = fields.List(fields.String(), metadata={"description": "Wat niet klopte aan de vraag"})


class AddressResolutionOut(CamelSchema):
    status = fields.String(metadata={"enum": ["found", "ambiguous", "not-found"]})
    candidates = fields.List(fields.Nested(AddressOut))


class SearchOfPlacedOut(SearchOut):
    beside = fields.List(fields.Nested(BesideOut), metadata={"description": "Andere adressen op dit huisnummer"})


class PlacedOut(CamelSchema):
    id = fields.UUID()
    search = fields.Nested(SearchOfPlacedOut, metadata={"description": "Wie er al een signaal had"})


class RenewalOut(CamelSchema):
    renewed_at = fields.DateTime()
    official = fields.String()
    review_on = fields.Date()
    reason = fields.String()


class OwnSignalOut(CamelSchema):
    """A signal of the own department, with its content."""

    id = fields.UUID(attribute="signal.signal_id")
    address = fields.String(allow_none=True)
    has_person = fields.Boolean(attribute="signal.has_person")
    kind = fields.String(attribute="signal.kind")
    kind_title = fields.String(attribute="kind")
    reason = fields.String(attribute="signal.reason")
    official = fields.String(attribute="signal.official")
    phone = fields.String(attribute="signal.phone")
    placed_on = fields.Date(attribute="signal.placed_on")
    review_on = fields.Date(attribute="signal.review_on")
    status = fields.String(attribute="signal.status", metadata={"enum": ["open", "closed"]})
    origin = fields.String(attribute="signal.origin", metadata={"enum": ["tool", "file"]})
    renewals = fields.List(fields.Nested(RenewalOut), attribute="signal.renewals")
    closed_on = fields.Date(attribute="signal.closed_on", allow_none=True)
    closing_reason = fields.String(attribute="signal.closing_reason", allow_none=True)


class ListedSignalOut(OwnSignalOut):
    pass


class OwnSignalsOut(CamelSchema):
    items = fields.List(fields.Nested(ListedSignalOut))
    total = fields.Integer()


class OverlapSideOut(CamelSchema):
    department = fields.String(attribute="title")
    department_code = fields.String(attribute="department")
    official = fields.String()
    phone = fields.String()
    hit_count = fields.Integer()
    acknowledged_at = fields.DateTime(allow_none=True)
    acknowledged_by = fields.String(allow_none=True)


class OverlapOut(CamelSchema):
    id = fields.UUID(attribute="overlap.overlap_id")
    address = fields.String()
    departments = fields.List(fields.Nested(OverlapSideOut), attribute="overlap.departments")
    first_met_on = fields.Date(attribute="overlap.first_met_on")
    status = fields.String(attribute="overlap.status", metadata={"enum": list(STATUSES)})
    outcome = fields.String(attribute="overlap.outcome", allow_none=True)
    outcome_note = fields.String(attribute="overlap.outcome_note", allow_none=True)
    outcome_by = fields.String(attribute="overlap.outcome_by", allow_none=True)
    outcome_on = fields.Date(attribute="overlap.outcome_on", allow_none=True)


class OverlapsOut(CamelSchema):
    items = fields.List(fields.Nested(OverlapOut))
    total = fields.Integer()


class NoticeOut(CamelSchema):
    """That another department searched (`search`) or placed a signal (`signal`) where the own one has a signal."""

    kind = fields.String(attribute="notice.kind", metadata={"enum": ["search", "signal"]})
    department = fields.String(attribute="notice.title")
    department_code = fields.String(attribute="notice.department")
    addresses = fields.List(fields.String())
    about_person = fields.Boolean(attribute="notice.about_person")
    at = fields.DateTime(attribute="notice.at")


class NoticesOut(CamelSchema):
    items = fields.List(fields.Nested(NoticeOut))
    total = fields.Integer()


class HitCountOut(CamelSchema):
    address = fields.String()
    hit_count = fields.Integer()
    department_count = fields.Integer()
    by_department = fields.Dict(keys=fields.String(), values=fields.Integer())


class HitCountsOut(CamelSchema):
    first = fields.Date()
    last = fields.Date()
    made_by = fields.String()
    made_at = fields.DateTime()
    items = fields.List(fields.Nested(HitCountOut))


class AuditEventOut(CamelSchema):
    number = fields.Integer()
    at = fields.DateTime()
    user_id = fields.String()
    department = fields.String()
    action = fields.String()
    subject = fields.String(allow_none=True)
    result = fields.String()
    purpose = fields.String(allow_none=True)
    case_number = fields.String(allow_none=True)
    origin = fields.String()
    processing_id = fields.UUID()


class AuditEventsOut(CamelSchema):
    items = fields.List(fields.Nested(AuditEventOut))
    first = fields.Date()
    last = fields.Date()
    before = fields.Integer(allow_none=True, metadata={"description": "Geef dit mee voor oudere regels"})
