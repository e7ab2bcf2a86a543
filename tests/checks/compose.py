"""Reads docker-compose.yml as strictly as we can without Docker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from config import processes

_SERVICE_KEYS = {
    "image", "build", "command", "entrypoint", "environment", "volumes", "ports", "expose", "depends_on", "healthcheck",
    "restart", "networks", "stop_grace_period", "read_only", "tmpfs", "security_opt", "cap_drop", "user", "init",
    "shm_size", "logging", "secrets", "configs",
}  # fmt: skip
_EXPECTED = {"postgres", "redis", "setup", "web", "worker", "beat", "nginx"}
_COMMANDS = {
    "setup": processes.SETUP,
    "web": processes.WEB,
    "worker": processes.WORKER,
    "beat": processes.BEAT,
}
_HEALTH_CHECKS = {"web": processes.READY, "worker": processes.HEARTBEAT, "beat": processes.HEARTBEAT}
_CONFINED = {"redis", "setup", "web", "worker", "beat"}
_SECRET = re.compile(r"PASSWORD|SECRET|_KEY|DATABASE_URL|REDIS_URL")
_ON_THE_COMMAND_LINE = re.compile(r"--(requirepass|password|set\s+\w*password)|\$\{\w*(PASSWORD|KEY)")
# ${NAME:?why} has no default and stops with a sentence; ${NAME:-x} would be a default.
_REQUIRED = re.compile(r"\$\{\w+:\?[^}]+\}")
_DEFAULTED = re.compile(r"\$\{\w+:?-[^}]*\}")


def problems(path: Path) -> list[str]:
    """Return what is wrong with the file, one sentence each."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = document.get("services", {})
    found = [f"unknown top-level key {key}" for key in document.keys() - _TOP_LEVEL if not key.startswith("x-")]
    found += [f"service {name} is missing" for name in sorted(_EXPECTED - services.keys())]
    for name, service in services.items():
        found += [f"{name}: {problem}" for problem in _service_problems(name, service, document)]
    return found


_TOP_LEVEL = {"name", "services", "volumes", "networks", "configs", "secrets"}


def _service_problems(name: str, service: dict[str, Any], document: dict[str, Any]) -> list[str]:
    found = [f"unknown key {key}" for key in service.keys() - _SERVICE_KEYS]
    if not {"image", "build"} & service.keys():
        found.append("has neither image nor build")
    if service.get("image", "").endswith(":latest"):
        found.append("image is not pinned to a version")
    if name != "setup" and "test" not in service.get("healthcheck", {}):
        found.append("has no health check")
    if name != "setup" and service.get("restart") != "unless-stopped":
        found.append("does not restart")
    if "no-new-privileges:true" not in service.get("security_opt", []):
        found.append("may gain privileges")
    if "max-size" not in service.get("logging", {}).get("options", {}):
        found.append("has a log without bounds")
    if name in _CONFINED and not (service.get("read_only") and service.get("cap_drop") == ["ALL"]):
        found.append("writes to its own file system or keeps capabilities")
    found += _command_problems(name, service)
    found += _reference_problems(service, document)
    found += _secret_problems(service)
    return found


def _command_problems(name: str, service: dict[str, Any]) -> list[str]:
    found = []
    if name in _COMMANDS and service.get("command") != ["python", *_COMMANDS[name]]:
        found.append(f"its command is not the one `make run` uses: {['python', *_COMMANDS[name]]}")
    words = service.get("command", [])
    if any(_ON_THE_COMMAND_LINE.search(word) for word in ([words] if isinstance(words, str) else words)):
        found.append("has a secret on its command line")
    test = service.get("healthcheck", {}).get("test", [])
    if name in _HEALTH_CHECKS and test != ["CMD", "python", *_HEALTH_CHECKS[name]]:
        found.append(f"its health check is not {' '.join(_HEALTH_CHECKS[name])}")
    return found


def _reference_problems(service: dict[str, Any], document: dict[str, Any]) -> list[str]:
    found = []
    depends_on = service.get("depends_on", {})
    for other, condition in depends_on.items():
        target = document["services"].get(other)
        if target is None:
            found.append(f"depends on {other}, which does not exist")
        elif condition.get("condition") == "service_healthy" and "healthcheck" not in target:
            found.append(f"waits for {other} to be healthy, which has no health check")
    for mount in service.get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("./"):
            if not (Path(__file__).parents[2] / source).exists():
                found.append(f"mounts {source}, which does not exist")
        elif not source.startswith(("/", "$")) and source not in (document.get("volumes") or {}):
            found.append(f"mounts the volume {source}, which is not declared")
    return found


def _secret_problems(service: dict[str, Any]) -> list[str]:
    found = []
    environment = service.get("environment", {})
    if not isinstance(environment, dict):
        return ["environment is not a mapping"]
    for variable, value in environment.items():
        if not _SECRET.search(variable):
            continue
        if _DEFAULTED.search(str(value)) or not _REQUIRED.search(str(value)):
            found.append(f"{variable} has a default; write ${{NAME:?sentence}}")
    return found
