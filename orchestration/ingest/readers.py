"""From the bytes of a delivery to chunks of raw text, with the exact number of every row."""

from collections.abc import Iterator

from orchestration.ingest.chunk import Chunk
from orchestration.ingest.csv_reader import read_csv
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.geojson import read_geojson
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.text_blocks import open_bytes


def read_chunks(url: str, spec: SourceSpec, file: str, crs: str) -> Iterator[Chunk]:
    """Read a landed delivery; at least one chunk comes out.

    `file` is the name by which the sender knows it, `crs` the one in which its geometry is declared to be. Raises
    `RefusedDelivery` when it cannot be read, also when its bytes are gone from the landing zone.
    """
    try:
        with open_bytes(url) as stream:
            if spec.fetch.format == "geojson":
                yield from read_geojson(stream, spec, file, crs)
            else:
                yield from read_csv(stream, spec, file)
    except OSError as error:
        raise RefusedDelivery(
            file,
            f"een fout bij het lezen van {url} ({error})",
            expected="de bytes zoals ze zijn ontvangen",
            action="Herstel de landingszone uit de reservekopie, of vraag het bestand opnieuw aan.",
        ) from error
