"""What describes production says the same as what `make run` does."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from catalog.services import import_upload
from collection import urls as collection_urls
from collection.services import file, run, upload
from config import locks, worker
from tests.checks import compose
from workflow import attachments

COMPOSE = settings.BASE_DIR / "docker-compose.yml"


def test_the_containers_are_described_without_fault() -> None:
    assert compose.problems(COMPOSE) == []


@pytest.mark.parametrize(
    ("service", "key", "value", "complaint"),
    [
        ("web", "command", ["python", "manage.py", "runserver"], "web: its command is not the one `make run` uses"),
        ("web", "healthcheck", {}, "web: has no health check"),
        ("redis", "image", "redis:latest", "redis: image is not pinned to a version"),
        ("worker", "restart", "no", "worker: does not restart"),
        ("beat", "depends_on", {"nobody": {}}, "beat: depends on nobody, which does not exist"),
        ("nginx", "volumes", ["./gone:/x"], "nginx: mounts ./gone, which does not exist"),
        ("nginx", "volumes", ["gone:/x"], "nginx: mounts the volume gone, which is not declared"),
        ("postgres", "environment", {"POSTGRES_PASSWORD": "x"}, "postgres: POSTGRES_PASSWORD has a default"),
        ("web", "environment", {"SECRET_KEY": "${SECRET_KEY:-x}"}, "web: SECRET_KEY has a default"),
        ("redis", "command", ["redis-server", "--requirepass", "x"], "redis: has a secret on its command line"),
        ("nginx", "security_opt", [], "nginx: may gain privileges"),
        ("beat", "logging", {}, "beat: has a log without bounds"),
        ("worker", "cap_drop", [], "worker: writes to its own file system or keeps capabilities"),
        ("web", "comand", "x", "web: unknown key comand"),
    ],
)
def test_faults_are_found(tmp_path: Path, service: str, key: str, value: object, complaint: str) -> None:
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    document["services"][service][key] = value
    (tmp_path / "docker-compose.yml").write_text(yaml.safe_dump(document), encoding="utf-8")

    assert any(problem.startswith(complaint) for problem in compose.problems(tmp_path / "docker-compose.yml"))


def test_the_image_starts_what_make_run_starts() -> None:
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
    command = next(line for line in dockerfile.splitlines() if line.startswith("CMD "))

    assert yaml.safe_load(command.removeprefix("CMD ")) == ["python", *compose.processes.WEB]


def test_nginx_refuses_an_address_that_is_too_long_as_the_product_does() -> None:
    conf = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    [body] = re.findall(r"return 414 '(.*)';", conf)
    head, _blank, ours = worker.too_long().decode().partition("\r\n\r\n")
    assert "error_page 414 /address-too-long.json;" in conf
    assert "Content-Type: application/problem+json" in head
    assert {**json.loads(body), "title": ""} == {**json.loads(ours), "title": ""}


def test_nginx_believes_nobody_about_his_address() -> None:
    conf = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text(encoding="utf-8")

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in conf
    assert "$proxy_add_x_forwarded_for" not in conf


def test_nginx_takes_what_the_product_takes() -> None:
    conf = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    usual, large = ({"m": 1024**2, "g": 1024**3}[unit] * int(number)
                    for number, unit in re.findall(r"client_max_body_size (\d+)([mg]);", conf))  # fmt: skip
    assert usual >= max(import_upload.MOST_BYTES, attachments.MOST_BYTES, upload.PART_BYTES)
    assert large > max(run.MOST_BYTES, file.MOST_BYTES_AT_ONCE)
    (pattern,) = re.findall(r"location ~ (\S+) {", conf)
    for name in ("run_upload", "files_add", "run_resubmit"):
        assert re.match(pattern, reverse(f"collection:{name}", args=[7]))
    # Of what belongs to a file that comes in parts, all but its begin, its parts and its discard puts it together.
    short = {"upload_begin": [7], "upload_take": [uuid4(), 0], "upload_discard": [7, uuid4()]}
    for name, args in short.items():
        assert not re.match(pattern, reverse(f"collection:{name}", args=args))
    ends = {str(one.name) for one in collection_urls.urlpatterns if str(one.name).startswith("upload_")} - {*short}
    assert ends
    for name in ends:
        assert re.match(pattern, reverse(f"collection:{name}", args=[uuid4()]))


def test_no_secret_of_the_machine_goes_into_the_image() -> None:
    ignored = (settings.BASE_DIR / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {".env*", "**/*.pem", "**/*.key", ".git", "var"} <= set(ignored)


def test_lock_files_are_of_the_lists_as_they_are() -> None:
    for source, lock in locks.LOCKS.items():
        assert locks.is_current(settings.BASE_DIR / source, settings.BASE_DIR / lock)


def test_a_changed_list_makes_the_lock_stale(tmp_path: Path) -> None:
    source, lock = tmp_path / "requirements.in", tmp_path / "requirements.lock"
    source.write_text("a\n")
    lock.write_text(locks.mark(source) + "a==1\n")
    assert locks.is_current(source, lock)

    source.write_text("a\nb\n")

    assert not locks.is_current(source, lock)


@pytest.mark.parametrize(
    "path",
    [
        "vendor/tabler/css/tabler.min.css",
        "vendor/htmx/htmx.min.js",
        "vendor/echarts/echarts.min.js",
        "vendor/tom-select/js/tom-select.complete.min.js",
        "vendor/sha256/sha256.min.js",
        "vendor/inter/files/inter-latin-wght-normal.woff2",
    ],
)
def test_libraries_are_found_in_node_modules(path: str) -> None:
    assert Path(finders.find(path)).is_file()


def test_nothing_else_of_node_modules_is_served() -> None:
    assert finders.find("vendor/tabler/package.json") is None
    assert finders.find("vendor/tabler/../../package.json") is None
