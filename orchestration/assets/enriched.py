"""Areas and incidents after geopandas: which buurt, which day part."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.ingest import accepted_key
from orchestration.assets.measured import measured
from orchestration.assets.retries import technical_only, technical_retries
from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import enrich_incidents
from orchestration.municipality import Municipality
from orchestration.resources import BuildTurn, Warehouse

AREA, AREA_RING = dg.AssetKey(["enriched", "area"]), dg.AssetKey(["enriched", "area_ring"])
PLACE, DAGDEEL = dg.AssetKey(["enriched", "incident_place"]), dg.AssetKey(["enriched", "incident_dagdeel"])


def _spec(key: dg.AssetKey, deps: list[dg.AssetKey], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(key, deps=deps, group_name="enriched", description=description, kinds={"geopandas", "postgres"})


def enriched_definitions(municipality: Municipality) -> dg.Definitions:
    """Two steps; the vintage of the areas comes from the municipality's folder."""
    vintage = municipality.area_vintage
    # Not every municipality delivers its addresses; without them an incident has no street.
    addresses = [accepted_key("address")] if any(spec.shape == "address" for spec in municipality.sources) else []

    @dg.multi_asset(
        name="enriched_areas",
        retry_policy=technical_retries(),
        specs=[
            _spec(
                AREA,
                [accepted_key("area")],
                f"Gebieden van jaargang {vintage} in WGS84, met wijken en gemeente",
            ),
            _spec(AREA_RING, [accepted_key("area")], "De buitenringen per gebied, voor de kaart"),
        ],
    )
    def enriched_areas(warehouse: Warehouse, turn: BuildTurn) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        with technical_only():
            turn.take(warehouse.municipality.code)
            with measured() as step:
                result = enrich_areas(warehouse.settings, warehouse.municipality)
        delivered = result.rows - result.derived
        yield dg.MaterializeResult(AREA, metadata=step.metadata(delivered, result.rows, **result.metadata()))
        yield dg.MaterializeResult(AREA_RING, metadata=step.metadata(result.rows, result.rings))

    @dg.multi_asset(
        name="enriched_incidents",
        retry_policy=technical_retries(),
        specs=[
            _spec(
                PLACE,
                [accepted_key("incident"), AREA, *addresses],
                "Buurt, wijk, straat, blok en plaatskwaliteit per incidentversie",
            ),
            _spec(DAGDEEL, [accepted_key("incident")], "Aoristische gewichten per lokale datum en dagdeel"),
        ],
    )
    def enriched_incidents(warehouse: Warehouse, turn: BuildTurn) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        with technical_only():
            turn.take(warehouse.municipality.code)
            with measured() as step:
                result = enrich_incidents(warehouse.settings, warehouse.municipality)
        # Both in one pass over the new versions; an older one that moved with its areas is placed again.
        placed = result.rows + result.recomputed
        yield dg.MaterializeResult(PLACE, metadata=step.metadata(placed, placed, **result.metadata()))
        # Counted in incident versions too; each has one weight or more.
        weighed = step.metadata(result.rows, result.rows, dagdeel_onbekend=result.unknown_dagdeel)
        yield dg.MaterializeResult(DAGDEEL, metadata=weighed)

    return dg.Definitions(assets=[enriched_areas, enriched_incidents])
