"""The Logboek Dataverwerkingen (Logius): a line per person concerned, as an OpenTelemetry span; never who acted.

It stands beside the audit log, which says who; the processing id links the two. There is no sampling, and a line is
done with only when the logbook has confirmed it.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, format_span_id, format_trace_id

from orchestration.settings import Settings, SettingsError
from signals_service.store.relaying import ProcessingLine, RelayStore

_AT_ONCE = 500  # acts in one transaction
_TURNS = 100  # in one go: the other duties have their turn as well
_LINES = 500  # in one message, some 200 kB: an act can be about many persons, and a receiver has its limit
_SECONDS = 10.0  # for one message, its retries included
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
# What the pseudonym of a person is, as the standard wants it told beside it.
_ID_TYPE = "urn:vis:persoonssleutel:hmac-sha-256"


class LogbookError(RuntimeError):
    """The logbook did not confirm; the lines wait."""


def logbook(settings: Settings) -> SpanExporter:
    """Where the lines go: the OTLP address of the settings, else files in `$VIS_HOME/logboek`.

    Raises `SettingsError` for an address without TLS outside this machine: the standard demands TLS.
    """
    if settings.ldv_endpoint is None:
        return FileLogbook(settings.logbook_path)
    parts = urlsplit(settings.ldv_endpoint)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SettingsError("VIS_LDV_ENDPOINT moet met https:// beginnen: het Logboek Dataverwerkingen eist TLS")
    return ConfirmedExporter(settings.ldv_endpoint)


def export(store: RelayStore, exporter: SpanExporter, municipality_code: str, register: str | None) -> int:
    """Hand over the lines that wait; returns how many. `register` is the URI of the register of processing activities.

    Raises `LogbookError` when the logbook did not confirm: what it confirmed before stays done, the rest waits.
    """
    resource = _resource(municipality_code)
    total = 0
    for _ in range(_TURNS):
        with store.turn():
            lines = store.take_processing(_AT_ONCE)
            for first in range(0, len(lines), _LINES):
                message = lines[first : first + _LINES]
                spans = [span(line, resource, municipality_code, register) for line in message]
                if exporter.export(spans) is not SpanExportResult.SUCCESS:
                    raise LogbookError(f"het Logboek Dataverwerkingen bevestigt {len(message)} regels niet")
            if lines:
                store.mark_exported(lines)
        total += len(lines)
        if len({line.outbox_id for line in lines}) < _AT_ONCE:
            break
    return total


def span(line: ProcessingLine, resource: Resource, municipality_code: str, register: str | None) -> ReadableSpan:
    """One line as a span. Its ids follow from what it is about: handed over twice, it is known as the same."""
    digest = hashlib.sha256(f"{line.processing_id} {line.data_subject_id or ''}".encode()).digest()
    context = SpanContext(
        trace_id=line.processing_id.int,
        span_id=int.from_bytes(digest[:8], "big") or 1,
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    attributes = {"dpl.core.processing_activity_id": activity_uri(line, municipality_code, register)}
    if line.data_subject_id is not None:
        attributes |= {"dpl.core.data_subject_id": line.data_subject_id, "dpl.core.data_subject_id_type": _ID_TYPE}
    return ReadableSpan(
        name=line.activity,
        context=context,
        resource=resource,
        attributes=attributes,
        kind=SpanKind.INTERNAL,
        status=Status(StatusCode.OK),
        start_time=_nanoseconds(min(line.began_at, line.at)),  # a clock that is set back in between
        end_time=_nanoseconds(line.at),
        instrumentation_scope=InstrumentationScope("signals_service.relay"),
    )


def activity_uri(line: ProcessingLine, municipality_code: str, register: str | None) -> str:
    """The processing activity in the municipality's register: the purpose, or the act where there is no purpose."""
    base = register.rstrip("/") + "/" if register else f"urn:vis:{municipality_code.lower()}:verwerking:"
    return base + quote(line.purpose or line.activity, safe="")


class ConfirmedExporter(SpanExporter):
    """OTLP over HTTP; success only when the receiver took every span, for OTLP may take a part and answer 200."""

    def __init__(self, endpoint: str) -> None:
        session = requests.Session()
        session.hooks["response"].append(self._look)
        self._rejected = 0
        self._exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_SECONDS, session=session)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._rejected = 0
        result = self._exporter.export(spans)
        return SpanExportResult.FAILURE if self._rejected else result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _look(self, response: requests.Response, *_: object, **__: object) -> None:
        if response.ok and response.content:
            answer = ExportTraceServiceResponse.FromString(response.content)
            self._rejected = answer.partial_success.rejected_spans


class FileLogbook(SpanExporter):
    """A file a day with a line of JSON per span, for its owner alone; on the disk before it is confirmed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """A disk that is full or away raises `OSError`: nothing is confirmed then."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / f"{datetime.now(UTC).date().isoformat()}.jsonl"
        text = "".join(json.dumps(_as_json(one), ensure_ascii=False) + "\n" for one in spans)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as stream:
            end = stream.seek(0, os.SEEK_END)
            if end and os.pread(stream.fileno(), 1, end - 1) != b"\n":
                text = "\n" + text  # a line that was cut off by a crash stays by itself; it comes again, whole
            _write_all(stream.fileno(), text.encode())
            os.fsync(stream.fileno())
        return SpanExportResult.SUCCESS


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _as_json(one: ReadableSpan) -> dict[str, object]:
    context = one.get_span_context()
    if context is None:
        raise ValueError("a line without trace_id")
    return {
        "trace_id": format_trace_id(context.trace_id),
        "span_id": format_span_id(context.span_id),
        "status": one.status.status_code.name.capitalize(),
        "name": one.name,
        "start_time": _iso(one.start_time or 0),
        "end_time": _iso(one.end_time or 0),
        "resource": {"attributes": dict(one.resource.attributes)},
        "attributes": dict(one.attributes or {}),
    }


def _resource(municipality_code: str) -> Resource:
    return Resource(
        {
            "service.name": "signaleringstool",
            "service.namespace": f"vis.{municipality_code.lower()}",
            "service.version": version("vis"),
        }
    )


def _nanoseconds(moment: datetime) -> int:
    """Exact: a float of this size has no room for microseconds."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


def _iso(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + (
        f".{nanoseconds // 1_000_000 % 1000:03d}Z"
    )
