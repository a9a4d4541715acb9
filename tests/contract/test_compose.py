"""docker-compose.yml against what the code knows: no container engine is needed to see that the two agree."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import SecretStr

from orchestration import cli, settings
from orchestration.operations.services import service, services
from orchestration.operations.warehouse import LOGIN_ROLES
from orchestration.settings import Settings, SettingsError, load_settings
from tests.installation import clean_environment

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOTS = {name for name, one in SERVICES.items() if one["restart"] == "no"}
OURS = sorted(set(SERVICES) - {"postgres"})
RUN_SERVICE = ["python", "-m", "orchestration.operations.run_service"]
SECRET_FIELDS = {
    f"vis_{name}" for name, field in Settings.model_fields.items() if SecretStr.__name__ in str(field.annotation)
}
IMAGES = ("platform", "superset")


def interpolated(text: str) -> str:
    """The text as Compose reads it with an .env that holds only what is required."""
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", "demo", text)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which docker/make-secrets.sh has run."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "docker").mkdir()
    script = shutil.copy(REPOSITORY / "docker" / "make-secrets.sh", folder / "docker")
    subprocess.run([script], check=True, capture_output=True)
    return folder


@pytest.fixture
def inside(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`inside(name)`: the settings that a container of that name reads; without its secret `without`."""

    def read(name: str, without: str | None = None) -> Settings:
        mounted = tmp_path / f"{name}-{without}"
        mounted.mkdir()
        for secret in SERVICES[name].get("secrets", []):
            if secret != without:
                shutil.copy(made / "secrets" / secret, mounted / secret)
        monkeypatch.setattr(settings, "SECRETS_DIRECTORY", mounted)
        for variable in set(os.environ) - set(clean_environment()):
            monkeypatch.delenv(variable)
        for variable, value in SERVICES[name]["environment"].items():
            monkeypatch.setenv(variable, interpolated(value))
        return load_settings()

    return read


def test_it_is_a_compose_file() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, str(REPOSITORY / "docker-compose.yml")], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_runs_the_services_of_make_up() -> None:
    assert set(SERVICES) - ONE_SHOTS == {one.name for one in services(Settings())}


def test_every_variable_is_one_that_settings_knows() -> None:
    known = {f"VIS_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known, name


def test_every_command_exists() -> None:
    commands = cli._parser()
    for name in OURS:
        command = SERVICES[name]["command"]
        if command[0] == "vis":
            commands.parse_args(command[1:])  # leaves with an error when it is not known
        else:
            assert command[:-1] == RUN_SERVICE
            assert service(command[-1]).name == name


def test_no_password_stands_in_it() -> None:
    for name, one in SERVICES.items():
        for variable, value in one["environment"].items():
            if re.search(r"PASSWORD|SECRET|KEY|TOKEN", variable):
                assert variable == "POSTGRES_PASSWORD_FILE", f"{name}: {variable}"
            if "://" in value:
                assert urlsplit(value).password is None, f"{name}: {variable}"
    # Nor a default for one, nor one that .env would hold.
    assert not re.search(r"\$\{\w*(PASSWORD|SECRET|KEY|TOKEN)\w*", (REPOSITORY / "docker-compose.yml").read_text())


def test_every_secret_is_declared_used_and_made(made: Path) -> None:
    declared = COMPOSE["secrets"]
    used = {secret for one in SERVICES.values() for secret in one.get("secrets", [])}
    assert used == set(declared)
    assert declared == {name: {"file": f"./secrets/{name}"} for name in declared}
    files = {file.name: file for file in (made / "secrets").iterdir() if file.name != ".gitignore"}
    assert set(files) == set(declared)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
    values = [file.read_text() for file in files.values()]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 32
    assert (made / "secrets" / ".gitignore").read_text() == "*\n"


def test_every_secret_is_a_setting() -> None:
    # The embedded server's administrator and the demo's accounts have no place here.
    elsewhere = {
        *("vis_admin_password", "vis_superset_analyst_password", "vis_superset_viewer_password"),
        "vis_signals_demo_password",
    }
    assert set(COMPOSE["secrets"]) - {"postgres_password"} == SECRET_FIELDS - elsewhere


def test_secrets_are_made_once(made: Path) -> None:
    before = {file.name: file.read_bytes() for file in (made / "secrets").iterdir()}
    result = subprocess.run([made / "docker" / "make-secrets.sh"], check=True, capture_output=True, text=True)
    assert {file.name: file.read_bytes() for file in (made / "secrets").iterdir()} == before
    assert result.stdout == ""
    owner = (made / "secrets" / "vis_database_url").stat()
    lines = (made / ".env").read_text().splitlines()
    assert lines == [f"CONTAINER_UID={owner.st_uid}", f"CONTAINER_GID={owner.st_gid}"]
    assert owner.st_uid != 0


@pytest.mark.parametrize("name", sorted(set(OURS) - ONE_SHOTS))
def test_a_service_starts_with_its_secrets_and_needs_each_of_them(
    name: str, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The password of the mail server and the provider's secret are needed only where one signs in.
    monkeypatch.setitem(SERVICES[name]["environment"], "VIS_SMTP_USER", "vis")
    monkeypatch.setitem(SERVICES[name]["environment"], "VIS_OIDC_ISSUER", "https://aanmelden.voorbeeld.nl")
    read = inside(name)
    environment = service(name).environment(read)
    assert all(isinstance(value, str) for value in environment.values())
    assert not read.embedded
    assert not read.demo_accounts
    assert read.host == "0.0.0.0"
    for secret in SERVICES[name]["secrets"]:
        with pytest.raises(SettingsError, match=secret.upper()):
            service(name).environment(inside(name, without=secret))


def test_a_service_reaches_the_database_as_its_own_role_with_the_secret_of_its_file(inside: Any, made: Path) -> None:
    url = urlsplit(inside("signals").dsn("signals"))
    assert (url.username, url.hostname, url.port, url.path) == ("vis_signals", "postgres", 5432, "/vis")
    assert url.password == (made / "secrets" / "vis_signals_password").read_text()


def test_only_the_first_step_is_administrator(inside: Any, made: Path) -> None:
    read = inside("init")
    url = urlsplit(read.dsn("admin"))
    assert (url.username, url.hostname, url.path) == ("vis_admin", "postgres", "/vis")
    assert url.password == (made / "secrets" / "postgres_password").read_text()
    assert SERVICES["postgres"]["environment"]["POSTGRES_USER"] == "vis_admin"
    for role in LOGIN_ROLES:
        assert read.secret(f"{role}_password")
    assert {name for name, one in SERVICES.items() if "vis_database_url" in one.get("secrets", [])} == {"init"}


def test_no_other_service_can_be_the_signals_role() -> None:
    for name in set(SERVICES) - {"init", "signals"}:
        assert not [secret for secret in SERVICES[name].get("secrets", []) if secret.startswith("vis_signals")], name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_closed_and_bounded(name: str) -> None:
    one = SERVICES[name]
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["read_only"] is True
    assert not one.get("privileged")
    assert set(one["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    if name != "postgres":
        assert "cap_add" not in one
    if name in ONE_SHOTS:
        assert "ports" not in one
    else:
        assert one["restart"] == "unless-stopped"
        assert one["healthcheck"]["test"][0] == "CMD"
    for port in one.get("ports", []):
        assert interpolated(port).startswith("127.0.0.1:"), port


def test_the_database_is_reached_from_inside_alone() -> None:
    assert COMPOSE["networks"]["database"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == ["database"]
    assert "ports" not in SERVICES["postgres"]


def test_nothing_starts_before_what_it_needs() -> None:
    for name, one in SERVICES.items():
        for needed, how in one.get("depends_on", {}).items():
            finished = needed in ONE_SHOTS
            assert how["condition"] == ("service_completed_successfully" if finished else "service_healthy"), name


def test_every_volume_is_declared_and_used() -> None:
    used = {volume.split(":")[0] for one in SERVICES.values() for volume in map(interpolated, one.get("volumes", []))}
    assert {name for name in used if not name.startswith(("./", "/"))} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_the_locked_packages_and_runs_without_root(image: str) -> None:
    text = (REPOSITORY / "docker" / f"Dockerfile.{image}").read_text()
    final = text.rpartition("\nFROM ")[2]
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["python:3.11-slim", "python:3.11-slim"]
    assert "\nUSER ${OWNER}\n" in final
    assert all("--frozen" in line and "--no-dev" in line for line in text.splitlines() if "uv sync" in line)
    assert not re.search(r"password|_key\b|token|--mount=type=secret", text, re.IGNORECASE)
    made_with = re.search(r"uv==(\S+)", text)
    assert made_with
    assert f"UV_VERSION := {made_with[1]}\n" in (REPOSITORY / "Makefile").read_text()
    for folder in re.findall(r"^!(\S+)", _ignored(image), re.MULTILINE):
        assert (REPOSITORY / folder).exists(), folder


@pytest.mark.parametrize("image", IMAGES)
def test_nothing_goes_into_an_image_but_what_is_named(image: str) -> None:
    rules = [line for line in _ignored(image).splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    named = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert not named & {".", ".env", ".git", ".vis", "secrets", "inbox", "data", "docker", "tests"}


def _ignored(image: str) -> str:
    return (REPOSITORY / "docker" / f"Dockerfile.{image}.dockerignore").read_text()
