"""What was planted can be found again with a simple count, from the delivered files alone."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from orchestration.demo.incidents import World
from orchestration.demo.truth import DemoTruth, Intervention

BURGLARY = ["A20", "A30", "B20"]


@pytest.fixture(scope="module")
def placed(now: pd.DataFrame, world: World) -> pd.DataFrame:
    """The active incidents with the buurt and wijk of their coordinate; none where it lies in no buurt."""
    areas = gpd.GeoDataFrame(
        world.town.buurten[["buurtcode", "wijkcode"]], geometry=list(world.town.polygons), crs=28992
    )
    points = gpd.GeoDataFrame(now, geometry=gpd.points_from_xy(now["x"], now["y"]), crs=28992)
    return points.sjoin(areas, how="left", predicate="within").drop(columns="index_right")


def of(frame: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    return frame[frame["Incidentsoort code"].isin(codes)]


def test_places_agree_with_the_truth(placed: pd.DataFrame, truth: DemoTruth) -> None:
    counts = placed["buurtcode"].value_counts().to_dict()
    assert counts == {code: n for code, n in truth.counts.active_per_buurt.items() if n}
    nowhere = placed[placed["buurtcode"].isna()]
    assert set(nowhere["Incident Identificatie"][nowhere["x"].isna()]) == set(truth.counts.without_place)
    assert set(nowhere["Incident Identificatie"][nowhere["x"].notna()]) == set(truth.counts.outside)


def test_chains_step_near_and_soon(placed: pd.DataFrame, truth: DemoTruth) -> None:
    assert len(truth.near_repeat_chains) == 6
    by_id = placed.set_index("Incident Identificatie")
    for chain in truth.near_repeat_chains:
        mine = by_id.loc[[i.incident_id for i in chain.incidents]]
        assert len(mine) >= 4
        assert mine["Incidentsoort code"].isin(BURGLARY).all()
        assert mine["Begin"].is_monotonic_increasing
        metres = np.hypot(mine["x"].diff(), mine["y"].diff())[1:]
        days = mine["Begin"].diff()[1:] / pd.Timedelta("1D")
        assert (metres <= chain.max_step_m).all()
        assert (days <= chain.max_step_days + 0.5).all()


def test_near_repeats_exceed_chance(placed: pd.DataFrame, truth: DemoTruth) -> None:
    """Knox in small: pairs within 150 m and 7 days, against the same places with shuffled times."""
    burglaries = of(placed, BURGLARY)
    burglaries = burglaries[~burglaries["Incident Identificatie"].isin(truth.default_point.incident_ids)].dropna(
        subset="x"
    )
    at = burglaries[["x", "y"]].to_numpy()
    near = np.triu(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) <= 150, 1)
    day = burglaries["Begin"].to_numpy().astype("datetime64[D]").astype(int)
    rng = np.random.default_rng(1)

    def pairs(days: np.ndarray) -> int:
        return int((near & (np.abs(days[:, None] - days[None]) <= 7)).sum())

    assert pairs(day) > max(pairs(rng.permutation(day)) for _ in range(99)) * 1.5


def test_outbreak_stands_out(placed: pd.DataFrame, truth: DemoTruth) -> None:
    planted = truth.outbreak
    mine = of(placed, ["A10"])
    mine = mine[mine["wijkcode"] == planted.wijk_code]
    start, stop = pd.Timestamp(planted.first_day), pd.Timestamp(planted.last_day) + pd.Timedelta("1D")
    assert start.dayofweek == 0
    during = mine["Begin"].between(start, stop, inclusive="left").sum()
    assert during == planted.observed >= planted.planted == 30
    five_weeks = mine["Begin"][mine["Begin"] < start].dt.to_period("W").value_counts().mean() * 5
    assert during > 3 * max(five_weeks, planted.expected)


def test_hot_street_is_the_hottest(placed: pd.DataFrame, truth: DemoTruth) -> None:
    hot = truth.hot_street
    recent = placed[(placed["Begin"] >= hot.first_day) & (placed["Pleeghuisnummer met toev."] != "")]
    recent = recent[~recent["Incident Identificatie"].isin(truth.default_point.incident_ids)]
    meant = recent["Incident Identificatie"].map({s.incident_id: s.street for s in truth.spellings})
    counts = recent.groupby([meant.fillna(recent["Pleegstraatnaam"]), "Pleegplaats"]).size()
    assert counts.idxmax() == (hot.street, hot.place)
    assert counts.max() == hot.observed > 5 * hot.median_other_streets


def test_default_point_holds_too_much_of_everything(placed: pd.DataFrame, truth: DemoTruth) -> None:
    point = truth.default_point
    there = placed[(placed["x"] == point.x) & (placed["y"] == point.y)]
    assert set(point.incident_ids) <= set(there["Incident Identificatie"])
    assert len(there) / len(placed) == pytest.approx(0.04, abs=0.01)
    assert there["Incidentsoort code"].nunique() > 30
    others = placed.drop(there.index).groupby(["x", "y"]).size()
    assert len(there) > 5 * others.max()


def test_both_clock_changes_of_every_year(now: pd.DataFrame, truth: DemoTruth) -> None:
    days = {change.day: change.hours for change in truth.clock_changes}
    assert days == {
        "2024-03-31": 23, "2024-10-27": 25, "2025-03-30": 23, "2025-10-26": 25, "2026-03-29": 23, "2026-10-25": 25,
    }  # fmt: skip
    known = set(now["Incident Identificatie"])
    for change in truth.clock_changes:
        begins = {incident.begin_at for incident in change.incidents}
        assert {incident.incident_id for incident in change.incidents} <= known
        if change.hours == 25:
            assert f"{change.day}T02:30" in begins
        assert f"{change.day}T01:30" in begins


def observed(placed: pd.DataFrame, truth: DemoTruth, plan: Intervention, codes: list[str]) -> tuple[float, float]:
    """Ratio of change in the wijk to change elsewhere, and the standard error of its logarithm."""
    mine = of(placed, codes)
    mine = mine[~mine["Incident Identificatie"].isin(truth.default_point.incident_ids) & mine["wijkcode"].notna()]
    mine = mine[mine["Begin"] >= truth.first_day]
    here, after = mine["wijkcode"] == plan.wijk_code, mine["Begin"] >= plan.begins_on
    cells = np.array([(where & when).sum() for where in (here, ~here) for when in (~after, after)], dtype=float)
    assert tuple(map(tuple, cells.reshape(2, 2).astype(int).tolist())) == plan.counts
    return float(cells[1] / cells[0] / (cells[3] / cells[2])), float(np.sqrt((1 / cells).sum()))


def test_the_working_intervention_works(placed: pd.DataFrame, truth: DemoTruth) -> None:
    plan = next(plan for plan in truth.interventions if plan.works)
    ratio, error = observed(placed, truth, plan, ["A72", "A73"])
    assert ratio == pytest.approx(plan.observed_ratio)
    assert np.log(ratio) + 1.96 * error < 0  # an effect, beyond doubt
    assert ratio == pytest.approx(plan.rate_ratio, rel=0.06)  # of the size that was planted


def test_the_useless_intervention_does_nothing(placed: pd.DataFrame, truth: DemoTruth) -> None:
    plan = next(plan for plan in truth.interventions if not plan.works)
    ratio, error = observed(placed, truth, plan, ["C40", "C30", "F11"])
    assert plan.rate_ratio == 1
    assert abs(np.log(ratio)) < 0.5 * error
