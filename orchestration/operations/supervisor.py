"""supervisord keeps the services alive: its configuration, starting and stopping it, and asking it things."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr
from supervisor.xmlrpc import SupervisorTransport

from orchestration.operations.fingerprint import Fingerprint
from orchestration.operations.services import Service, program, public_environment, services
from orchestration.settings import REPOSITORY, Settings

# A Unix socket's path may hold 107 bytes; supervisord first binds to a name with its process id added.
_SOCKET_LIMIT = 90


class SupervisorError(RuntimeError):
    """The supervisor or a service does not start or stop; the message names its log."""


def _socket(settings: Settings) -> Path:
    path = settings.home / "run" / "supervisor.sock"
    if len(str(path)) <= _SOCKET_LIMIT:
        return path
    mark = hashlib.sha256(str(settings.home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"vis-{os.geteuid()}-{mark}" / "supervisor.sock"


def configuration(settings: Settings) -> str:
    """supervisord.conf for the services of this installation. Holds no secret."""
    home = settings.home
    parts = [
        f"""[supervisord]
logfile = {home}/logs/supervisord.log
logfile_maxbytes = 5MB
pidfile = {home}/run/supervisord.pid
childlogdir = {home}/logs
directory = {home}
umask = 077

[unix_http_server]
file = {_socket(settings)}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    ]
    parts += [_program(service, settings) for service in services(settings)]
    return "\n".join(parts).replace("%", "%%")


def _program(service: Service, settings: Settings) -> str:
    flag = "true" if service.as_group else "false"
    command = shlex.join([sys.executable, "-m", "orchestration.operations.run_service", service.name])
    return f"""[program:{service.name}]
command = {command}
directory = {REPOSITORY}
autostart = false
autorestart = true
startsecs = 2
startretries = 5
stopsignal = {service.stop_signal}
stopwaitsecs = {service.stop_seconds}
stopasgroup = {flag}
killasgroup = {flag}
redirect_stderr = true
stdout_logfile = {settings.home}/logs/{service.name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


def proxy(settings: Settings) -> Any:
    """Supervisord's XML-RPC interface, or None when it does not run."""
    transport = SupervisorTransport(None, None, f"unix://{_socket(settings)}")
    server = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    try:
        server.supervisor.getState()
    except (OSError, xmlrpc.client.Fault, xmlrpc.client.ProtocolError):
        return None
    return server.supervisor


def ensure_running(settings: Settings) -> Any:
    """Start supervisord when it does not run, bring its configuration up to date; returns the interface.

    The services read their settings from supervisord's environment: when a setting changed, all start anew.
    """
    home = settings.home
    for folder in (home / "run", home / "logs", _socket(settings).parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = home / "run" / "supervisord.conf"
    file.write_text(configuration(settings), encoding="utf-8")
    started_with = Fingerprint(home / "run" / "supervised-with", [], extra=_settings_text(settings))
    if (supervisor := proxy(settings)) is not None:
        if started_with.is_current():
            _update(supervisor)
            return supervisor
        shut_down(settings)
    result = subprocess.run(
        [program("supervisord"), "--configuration", str(file)],
        capture_output=True,
        text=True,
        cwd=home,
        env=os.environ | public_environment(settings),
        stdin=subprocess.DEVNULL,
    )
    if result.returncode:
        raise SupervisorError(f"supervisord start niet: {result.stdout}{result.stderr}")
    deadline = time.monotonic() + 20
    while (supervisor := proxy(settings)) is None:
        if time.monotonic() > deadline:
            raise SupervisorError(f"supervisord antwoordt niet; zie {home}/logs/supervisord.log")
        time.sleep(0.1)
    started_with.write()
    return supervisor


def _settings_text(settings: Settings) -> str:
    """All settings, secrets included, in one text; only its hash is ever written."""
    values = settings.model_dump()
    return json.dumps(values, default=lambda v: v.get_secret_value() if isinstance(v, SecretStr) else str(v))


def _update(supervisor: Any) -> None:
    """Take over added, changed and removed programs, as `supervisorctl update` does."""
    added, changed, removed = supervisor.reloadConfig()[0]
    for name in [*changed, *removed]:
        supervisor.stopProcessGroup(name)
        supervisor.removeProcessGroup(name)
    for name in [*added, *changed]:
        supervisor.addProcessGroup(name)


def states(settings: Settings) -> dict[str, str]:
    """State name per service, such as RUNNING; empty when the supervisor does not run."""
    supervisor = proxy(settings)
    if supervisor is None:
        return {}
    return {process["name"]: process["statename"] for process in supervisor.getAllProcessInfo()}


def start(settings: Settings, name: str) -> None:
    """Start one service when it does not run. Raises `SupervisorError` with the tail of its log."""
    supervisor = ensure_running(settings)
    if states(settings).get(name) in ("RUNNING", "STARTING"):
        return
    try:
        supervisor.startProcess(name, False)
    except xmlrpc.client.Fault as fault:
        raise SupervisorError(f"{name} start niet: {fault.faultString}\n{log_tail(settings, name)}") from fault


def stop(settings: Settings, name: str) -> None:
    supervisor = proxy(settings)
    if supervisor and states(settings).get(name) in ("RUNNING", "STARTING", "BACKOFF"):
        supervisor.stopProcess(name)


def log_tail(settings: Settings, name: str, lines: int = 15) -> str:
    file = settings.home / "logs" / f"{name}.log"
    if not file.exists():
        return ""
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def shut_down(settings: Settings) -> bool:
    """Stop every service and the supervisor itself, and wait for it. Returns False when nothing ran.

    PostgreSQL goes last, so that the others can close their sessions.
    """
    supervisor = proxy(settings)
    if supervisor is None:
        return False
    process = psutil.Process(supervisor.getPID())
    family = process.children(recursive=True)
    # What it runs, not what these settings would have it run: the two differ after a switch of database.
    for name in sorted(states(settings), key=lambda name: name == "postgres"):
        stop(settings, name)
    supervisor.shutdown()
    _, alive = psutil.wait_procs([process, *family], timeout=60)
    for straggler in alive:
        straggler.kill()
    psutil.wait_procs(alive, timeout=10)
    return True
