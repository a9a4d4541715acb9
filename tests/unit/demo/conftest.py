"""One generated municipality for all tests of the demo."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.demo.generate import build_demo, generate
from orchestration.demo.incidents import World
from orchestration.demo.truth import DemoTruth

UNTIL = date(2026, 11, 23)


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo-inbox")


@pytest.fixture(scope="session")
def truth(inbox: Path) -> DemoTruth:
    return generate(inbox, until=UNTIL)


@pytest.fixture(scope="session")
def world() -> World:
    return build_demo(until=UNTIL)[0]


@pytest.fixture(scope="session")
def versions(inbox: Path, truth: DemoTruth) -> pd.DataFrame:
    """Every delivered row as text, in the order of arrival, with the name of its file."""
    files = sorted((inbox / "police_incidents").glob("*.csv"), key=lambda f: (len(f.name) < 30, f.name))
    return pd.concat([read(file).assign(file=file.name) for file in files], ignore_index=True)


@pytest.fixture(scope="session")
def now(versions: pd.DataFrame) -> pd.DataFrame:
    """The newest version of each incident that was not withdrawn, with times and coordinates typed."""
    changed = pd.to_datetime(versions["Mutatiedatum/tijd"], format="%d-%m-%Y %H:%M")
    frame = versions.assign(changed=changed).sort_values("changed", kind="stable")
    frame = frame.drop_duplicates("Incident Identificatie", keep="last")
    frame = frame[frame["Status"] != "vervallen"].copy()
    for name in ("Begin-pleegdatum/tijd", "Eind-pleegdatum/tijd", "Kennisnamedatum/tijd"):
        frame[name.split("-")[0].removesuffix("datum/tijd")] = pd.to_datetime(frame[name], format="%d-%m-%Y %H:%M")
    frame["x"], frame["y"] = pd.to_numeric(frame["X"]), pd.to_numeric(frame["Y"])
    return frame.reset_index(drop=True)


def read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
