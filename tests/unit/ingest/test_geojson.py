"""GeoJSON feature by feature, and every reason to refuse it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.ingest import text_blocks
from orchestration.ingest.chunk import Chunk
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.geojson import read_geojson
from orchestration.ingest.source import SourceSpec
from tests.unit.ingest.support import EVENTS, changed, write_source

AREAS: dict[str, Any] = changed(
    EVENTS,
    source=None,
    formats=None,
) | {
    "source": "buurten",
    "shape": "area",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/buurten", "format": "geojson"},
    "columns": {"area_code": "code", "area_name": "naam", "geometry": "geometry", "inhabitants": "inwoners"},
    "constants": {"level": "buurt", "vintage": "2024"},
    "sensitive": ["geheim"],
}
SQUARE = {"type": "Polygon", "coordinates": [[[1.5e5, 4.8e5], [1.51e5, 4.8e5], [1.51e5, 4.81e5], [1.5e5, 4.8e5]]]}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> SourceSpec:
    return write_source(tmp_path_factory.mktemp("bron"), AREAS)


def feature(number: int, **properties: Any) -> dict[str, Any]:
    given = {"code": f"BU{number}", "naam": "Één", "inwoners": number * 1.0, "geheim": "x", "meer": None} | properties
    return {"type": "Feature", "properties": given, "geometry": SQUARE}


def collection(*features: Any, **members: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features} | members, ensure_ascii=False).encode()


def named(crs: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": crs}}


def read(content: bytes, spec: SourceSpec) -> list[Chunk]:
    return list(read_geojson(io.BytesIO(content), spec, "b.geojson", "EPSG:28992"))


def test_properties_are_columns_and_sensitive_ones_stay_behind(spec: SourceSpec) -> None:
    [part] = read(collection(feature(1), feature(2, extra=[1, {"a": True}], meer=2.5)), spec)
    assert list(part.numbers) == [1, 2]
    assert {name: list(texts) for name, texts in part.columns.items() if name != "geometry"} == {
        "code": ["BU1", "BU2"],
        "naam": ["Één", "Één"],
        "inwoners": ["1", "2"],
        "meer": ["", "2.5"],
        "extra": ["", '[1,{"a":true}]'],
    }
    assert json.loads(part.columns["geometry"][0]) == SQUARE
    assert set(part.unmapped) == {"meer", "extra"}


@settings(deadline=None)
@given(st.integers(1, 50), st.booleans())
def test_sizes_of_blocks_make_no_difference(spec: SourceSpec, block: int, indented: bool) -> None:
    content = collection(feature(1), feature(12), feature(123), bbox=[1, 22, 333])
    if indented:
        content = json.dumps(json.loads(content), indent=2).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK", block)
        [part] = read(content, spec)
    assert part.columns["code"] == ["BU1", "BU12", "BU123"]


def test_an_empty_collection_is_a_delivery_of_nothing(spec: SourceSpec) -> None:
    [part] = read(collection(), spec)
    assert list(part.numbers) == []


def test_elements_that_are_no_feature_are_set_aside(spec: SourceSpec) -> None:
    wrong = [7, feature(3, naam="a\0b"), feature(4, naam="\ud800")]
    content = {"type": "FeatureCollection", "features": [feature(1), *wrong, feature(5)]}
    [part] = read(json.dumps(content).encode(), spec)
    assert list(part.numbers) == [1, 5]
    assert [item.number for item in part.malformed] == [2, 3, 4]
    assert {item.text for item in part.malformed} == {None}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "een leeg bestand"),
        (b"  \n", "te vroeg op"),
        (b"[]", "'[' op de plaats van '{'"),
        (b"{}", 'zonder "features"'),
        (json.dumps(feature(1)).encode(), "type 'Feature'"),
        (b'{"type": "Topology", "features": []}', "type 'Topology'"),
        (collection(feature(1), feature(2))[:-40], "na 1 hele objecten"),
        (collection(feature(1))[:-1], "na 1 hele objecten"),
        (collection(feature(1)).replace(b"1.0", b"NaN"), "NaN is geen JSON"),
        (b'{"type": "FeatureCollection", "features": [' + b"[" * 100_000, "na 0 hele objecten"),
        (collection(feature(1)).decode().encode("cp1252"), "bytes die geen UTF-8 zijn"),
        (collection(feature(1), crs=named("urn:ogc:def:crs:OGC:1.3:CRS84")), "coördinaten in EPSG:4326"),
        (collection(feature(1), crs=named("urn:ogc:def:crs:EPSG::28991")), "coördinaten in EPSG:28991"),
        (collection({**feature(1), "properties": {"code": 1, "naam": 2}}), 'kolom "inwoners"'),
    ],
)  # fmt: skip
def test_refusals(spec: SourceSpec, content: bytes, found: str) -> None:
    with pytest.raises(RefusedDelivery) as refusal:
        read(content, spec)
    assert "bestand b.geojson" in refusal.value.reason
    assert found in refusal.value.reason


def test_a_crs_that_agrees_is_fine(spec: SourceSpec) -> None:
    for name in ("urn:ogc:def:crs:EPSG::28992", "EPSG:28992", "http://www.opengis.net/def/crs/EPSG/0/28992", "zomaar"):
        read(collection(feature(1), crs=named(name)), spec)


def test_a_large_collection_is_read_in_chunks(spec: SourceSpec, tmp_path: Path) -> None:
    parts = read(collection(*(feature(number) for number in range(12_000))), spec)
    assert len(parts) > 1
    assert [number for part in parts for number in part.numbers] == list(range(1, 12_001))
