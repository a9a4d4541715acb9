"""The Logboek Dataverwerkingen, at a real receiver of OTLP and in files: a line per person, confirmed or kept."""

import json
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from orchestration.settings import SettingsError
from signals_service.relay.logboek import ConfirmedExporter, FileLogbook, LogbookError, export, logbook
from signals_service.store.relaying import RelayStore, relay_store
from tests.integration.signals.conftest import ADDRESS, BELASTINGEN, BURGERZAKEN, CASE, CODE, OTHER_ADDRESS, Office

BSN, OTHER_BSN = "123456782", "111222333"
REGISTER = "https://avg.demostad.example/register"


@dataclass
class Receiver:
    """A collector: decodes what is sent as OTLP says and answers as told."""

    status: int = 200
    rejected: int = 0
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    endpoint: str = ""

    @property
    def spans(self) -> list[Any]:
        return [
            span for one in self.requests for part in one.resource_spans for s in part.scope_spans for span in s.spans
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/x-protobuf"
            made.requests.append(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse(
                partial_success=ExportTracePartialSuccess(rejected_spans=made.rejected)
            ).SerializeToString()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def relay(office: Office) -> Iterator[RelayStore]:
    with relay_store(office.settings.dsn("relay"), CODE) as store:
        yield store


def waiting(office: Office) -> int:
    return int(office.ask("select count(*) from signals.outbox where exported_at is null")[0][0])


def attributes(span: Any) -> dict[str, str]:
    return {one.key: one.value.string_value for one in span.attributes}


def test_a_line_per_person_concerned_with_what_the_standard_asks_and_never_who_acted(
    office: Office, relay: RelayStore, receiver: Receiver
) -> None:
    before = datetime.now(UTC)
    for bsn in (BSN, OTHER_BSN):
        office.place(BELASTINGEN, person_keys=office.keys.of_bsn(bsn))
    export(relay, ConfirmedExporter(receiver.endpoint), CODE, REGISTER)
    receiver.requests.clear()
    found = office.search(BURGERZAKEN, ADDRESS)
    export(relay, ConfirmedExporter(receiver.endpoint), CODE, REGISTER)

    one, two = receiver.spans
    assert one.trace_id == two.trace_id == found.processing_id.bytes, "the processing id links it to the audit log"
    assert one.span_id != two.span_id
    subjects = set()
    for span in (one, two):
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert span.name == "search-address"
        assert span.status.code == Status.STATUS_CODE_OK
        assert before.timestamp() * 1e9 < span.start_time_unix_nano <= span.end_time_unix_nano
        told = attributes(span)
        assert set(told) == {
            "dpl.core.processing_activity_id", "dpl.core.data_subject_id", "dpl.core.data_subject_id_type",
        }  # fmt: skip
        assert told["dpl.core.processing_activity_id"] == f"{REGISTER}/samenwerking"
        subjects.add(told["dpl.core.data_subject_id"])
    assert len(subjects) == 2
    resource = {one.key: one.value.string_value for one in receiver.requests[0].resource_spans[0].resource.attributes}
    assert resource["service.name"] == "signaleringstool"
    assert resource["service.version"]
    sent = receiver.requests[0].SerializeToString()
    for secret in (BSN, OTHER_BSN, BURGERZAKEN.user_id, BURGERZAKEN.display_name, "burgerzaken", CASE, ADDRESS):
        assert secret.encode() not in sent
    for key in office.ask("select person_key from signals.person_key"):
        assert key[0].hex()[:64] not in subjects, "not the key under which signals are found"
    assert waiting(office) == 0


def test_every_act_has_its_line_also_when_nobody_is_known(
    office: Office, relay: RelayStore, receiver: Receiver
) -> None:
    acts = [office.search(BURGERZAKEN, OTHER_ADDRESS) for _ in range(7)]
    assert export(relay, ConfirmedExporter(receiver.endpoint), CODE, None) == 7
    assert {span.trace_id for span in receiver.spans} == {act.processing_id.bytes for act in acts}
    for span in receiver.spans:
        assert attributes(span) == {"dpl.core.processing_activity_id": "urn:vis:gm9999:verwerking:samenwerking"}
    # A search for a person of whom there is no signal is about that person all the same.
    office.store.search_person(BURGERZAKEN, keys=office.keys.of_bsn(BSN), purpose="samenwerking", case_number=CASE)
    receiver.requests.clear()
    export(relay, ConfirmedExporter(receiver.endpoint), CODE, None)
    assert len(attributes(receiver.spans[0])["dpl.core.data_subject_id"]) == 64


@pytest.mark.parametrize(("status", "rejected"), [(400, 0), (200, 1)])
def test_what_is_not_confirmed_waits_and_comes_again_as_the_same(
    office: Office, relay: RelayStore, receiver: Receiver, status: int, rejected: int
) -> None:
    """A receiver may answer 200 and still not take a part."""
    office.search()
    office.search()
    receiver.status, receiver.rejected = status, rejected
    exporter = ConfirmedExporter(receiver.endpoint)
    with pytest.raises(LogbookError):
        export(relay, exporter, CODE, None)
    assert waiting(office) == 2
    first = [(span.trace_id, span.span_id) for span in receiver.spans]
    receiver.status, receiver.rejected = 200, 0
    receiver.requests.clear()
    assert export(relay, exporter, CODE, None) == 2
    assert [(span.trace_id, span.span_id) for span in receiver.spans] == first
    assert export(relay, exporter, CODE, None) == 0


def test_a_logbook_that_is_away_makes_nobody_wait(office: Office, relay: RelayStore, receiver: Receiver) -> None:
    exporter = ConfirmedExporter("http://127.0.0.1:9/v1/traces")
    office.search()
    with pytest.raises(LogbookError):
        export(relay, exporter, CODE, None)
    assert office.search().status == "no-hit"
    assert waiting(office) == 2
    assert export(relay, ConfirmedExporter(receiver.endpoint), CODE, None) == 2


def test_more_than_one_message_holds(office: Office, relay: RelayStore, receiver: Receiver) -> None:
    office.search()
    office.change(
        """
        insert into signals.outbox (
          municipality_code, processing_id, action, at, purpose, department, others, address_ids, signal_ids
        )
        select municipality_code, gen_random_uuid(), action, at, purpose, department, others, address_ids, signal_ids
        from signals.outbox, generate_series(1, 1200)
        """
    )
    assert export(relay, ConfirmedExporter(receiver.endpoint), CODE, None) == 1201
    assert len({span.trace_id for span in receiver.spans}) == 1201
    assert len(receiver.requests) == 3


def test_acts_about_many_persons_are_cut_into_messages_that_a_receiver_takes(
    office: Office, relay: RelayStore, receiver: Receiver
) -> None:
    office.change(
        """
        insert into signals.outbox (
          municipality_code, processing_id, action, at, department, others, address_ids, signal_ids, concerned
        )
        select %s, gen_random_uuid(), 'view-signals', now(), 'belastingen', '{}', '{}', '{}',
          array(select sha256((act || ' ' || person)::text::bytea) from generate_series(1, 200) as person)
        from generate_series(1, 7) as act
        """,
        CODE,
    )
    assert export(relay, ConfirmedExporter(receiver.endpoint), CODE, None) == 1400
    sizes = [sum(len(s.spans) for part in one.resource_spans for s in part.scope_spans) for one in receiver.requests]
    assert sizes == [500, 500, 400]
    assert len({span.span_id for span in receiver.spans}) == 1400
    assert export(relay, ConfirmedExporter(receiver.endpoint), CODE, None) == 0


def test_without_an_address_there_is_a_file_a_day_for_its_owner_alone(office: Office, relay: RelayStore) -> None:
    exporter = logbook(office.settings)
    assert isinstance(exporter, FileLogbook)
    found = office.search()
    export(relay, exporter, CODE, REGISTER)
    (file,) = office.settings.logbook_path.iterdir()
    assert file.name == f"{datetime.now(UTC).date()}.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open("a") as stream:
        stream.write('{"trace_id": "cut o')  # as a crash may leave it
    office.search()
    export(relay, exporter, CODE, REGISTER)
    lines = file.read_text().splitlines()
    assert len(lines) == 3
    whole = [json.loads(lines[0]), json.loads(lines[2])]
    assert whole[0]["trace_id"] == found.processing_id.hex
    for line in whole:
        assert set(line) == {
            "trace_id",
            "span_id",
            "status",
            "name",
            "start_time",
            "end_time",
            "resource",
            "attributes",
        }
        assert line["status"] == "Ok"
        assert line["start_time"].endswith("Z")
        assert line["attributes"]["dpl.core.processing_activity_id"] == f"{REGISTER}/samenwerking"
    assert waiting(office) == 0


def test_a_disk_that_refuses_confirms_nothing(office: Office, relay: RelayStore) -> None:
    office.search()
    office.settings.logbook_path.write_text("a file in the way")
    with pytest.raises(OSError, match="logboek"):
        export(relay, logbook(office.settings), CODE, None)
    assert waiting(office) == 1


def test_an_address_elsewhere_without_tls_is_refused(office: Office) -> None:
    for endpoint in ("http://logboek.demostad.example/v1/traces", "ftp://x", "logboek.demostad.example"):
        with pytest.raises(SettingsError, match="https"):
            logbook(office.settings.model_copy(update={"ldv_endpoint": endpoint}))
    chosen = logbook(office.settings.model_copy(update={"ldv_endpoint": "https://logboek.demostad.example/v1/traces"}))
    assert isinstance(chosen, ConfirmedExporter)
