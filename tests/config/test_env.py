"""Every variable is read once, typed, and refused with a sentence that names it."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured

from config import boot, env

GOOD = {
    "DATABASE_URL": "postgres://user:word@db:5432/catalog",
    "REDIS_URL": "redis://redis:6379/0",
    "ALLOWED_HOSTS": "data.example.gov",
    "SITE_URL": "https://data.example.gov",
    "SECRET_KEY": "nW8vQ2xT5yB1mK7pL3rJ9dF6hG4sA0zC-uE_iO2wX8",
    "FIELD_KEY": "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0eG-hI_kL5nO1",
    "AUDIT_KEY": "zY9xW6vU3tS0rQ7pO4nM1lK8jI5hG2fE-dC_bA6yX3",
}


def test_without_any_variable_the_defaults_hold() -> None:
    found = env.read({})

    assert (found.host, found.port, found.debug) == ("127.0.0.1", 8000, None)
    assert found.data_dir == env.BASE_DIR / "var"
    assert (found.database_url, found.redis_url, found.secret_key) == (None, None, None)


def test_lists_and_paths_are_read() -> None:
    found = env.read({"ALLOWED_HOSTS": "a.gov, b.gov", "TRUSTED_PROXIES": "10.0.0.1,10.1.0.0/16", "DATA_DIR": "/srv/x"})

    assert found.allowed_hosts == ["a.gov", "b.gov"]
    assert found.trusted_proxies == [ip_network("10.0.0.1"), ip_network("10.1.0.0/16")]
    assert found.data_dir == Path("/srv/x")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, "PORT must be a whole number, not 'http'."),
        ({"PORT": "70000"}, "PORT must be between 1 and 65535, not 70000."),
        ({"DEBUG": "perhaps"}, "DEBUG must be true or false, not 'perhaps'."),
        ({"TRUSTED_PROXIES": "proxy"}, "TRUSTED_PROXIES must list addresses or networks"),
        ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL must begin with postgres://, not mysql."),
        ({"DATABASE_URL": "postgres://h"}, "DATABASE_URL does not name a database"),
        ({"DATABASE_URL": "postgres://u:p@h:port/d"}, "DATABASE_URL is not a valid address"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL must begin with redis://, not nothing."),
        ({"SITE_URL": "data.example.gov"}, "SITE_URL must begin with https:// or http:// and name a host."),
        ({"SITE_URL": "https://"}, "SITE_URL must begin with https:// or http:// and name a host."),
        ({"SITE_URL": "https://data.example.gov/catalog/"}, "SITE_URL must end after the host and its port"),
        ({"SITE_URL": "https://user@data.example.gov"}, "SITE_URL must end after the host and its port"),
        ({"SITE_URL": "https://data.example.gov:port"}, "SITE_URL is not a valid address"),
    ],
)
def test_what_cannot_be_read_is_named(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence.replace(".", r"\.")):
        env.read(variables)


def test_a_database_on_a_socket_reaches_the_driver() -> None:
    config = env.database_config("postgres://catalog:pass%2Fword@/catalog?host=/run/some%20where")

    assert (config["NAME"], config["USER"], config["PASSWORD"]) == ("catalog", "catalog", "pass/word")
    assert config["OPTIONS"]["host"] == "/run/some where"
    assert config["CONN_MAX_AGE"] > 0


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://:word@host:6379/2", "redis://:word@host:6379/2"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
    ],
)
def test_celery_gets_its_own_spelling_of_the_address(url: str, broker: str) -> None:
    assert env.celery_broker_url(url) == broker


def test_production_starts_with_everything_set() -> None:
    boot.require_production_environment(env.read(GOOD))


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "SITE_URL", "SECRET_KEY", "FIELD_KEY", "AUDIT_KEY"]
)
def test_production_refuses_what_is_missing(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set"):
        boot.require_production_environment(env.read({**GOOD, name: ""}))


@pytest.mark.parametrize(
    "key",
    ["short", "a" * 60, "change-me-0123456789-abcdefghijklmnopqrstuvwxyz", "django-insecure-" + "abcdefghij0123" * 4],
)
def test_production_refuses_a_weak_key_without_repeating_it(key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is weak") as caught:
        boot.require_production_environment(env.read({**GOOD, "SECRET_KEY": key}))

    assert key not in str(caught.value)


OLDER_FIELD_KEY = "zY9xW8vU7tS6rQ5pO4nM3lK2jI1hG0fE-dC_bA9zY8x"


def test_production_starts_with_an_older_field_key_behind_the_one_in_use() -> None:
    boot.require_production_environment(env.read({**GOOD, "FIELD_KEY": f"{GOOD['FIELD_KEY']}, {OLDER_FIELD_KEY}"}))


@pytest.mark.parametrize(
    ("field_key", "sentence"),
    [
        (f"{GOOD['FIELD_KEY']},short", "FIELD_KEY is weak"),
        (f"{GOOD['FIELD_KEY']},{GOOD['FIELD_KEY']}", "must differ"),
        (f"{GOOD['FIELD_KEY']},{GOOD['AUDIT_KEY']}", "must differ"),
        (" , ", "FIELD_KEY is not set"),
    ],
)
def test_production_looks_at_every_field_key(field_key: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        boot.require_production_environment(env.read({**GOOD, "FIELD_KEY": field_key}))

    assert GOOD["FIELD_KEY"] not in str(caught.value)


def test_production_refuses_debug_any_host_and_one_key_for_all() -> None:
    same = {**GOOD, "FIELD_KEY": GOOD["SECRET_KEY"], "DEBUG": "true", "ALLOWED_HOSTS": "*"}

    with pytest.raises(ImproperlyConfigured) as caught:
        boot.require_production_environment(env.read(same))

    assert "DEBUG must not be on" in str(caught.value)
    assert "must differ" in str(caught.value)
    assert "ALLOWED_HOSTS must name the hosts" in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0", "PORT": "8103"}, "http://localhost:8103"),  # noqa: S104
        ({"HOST": "::1"}, "http://[::1]:8000"),
        ({"SITE_URL": "https://data.example.gov:8443/"}, "https://data.example.gov:8443"),
    ],
)
def test_links_begin_with_the_sites_address_or_this_machines(variables: dict[str, str], address: str) -> None:
    assert env.site_url(env.read(variables)) == address


@pytest.mark.parametrize("address", ["http://data.example.gov", "http://10.1.2.3:8000"])
def test_production_sends_nobody_to_an_address_without_encryption(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SITE_URL must begin with https://"):
        boot.require_production_environment(env.read({**GOOD, "SITE_URL": address}))


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"])
def test_production_may_be_tried_on_this_machine(address: str) -> None:
    boot.require_production_environment(env.read({**GOOD, "SITE_URL": address}))


@pytest.mark.parametrize(
    ("variables", "sender"),
    [
        ({}, "catalog@localhost"),
        ({"SITE_URL": "https://data.example.gov"}, "catalog@data.example.gov"),
        (
            {"SITE_URL": "https://data.example.gov", "EMAIL_URL": "smtp://user:word@mail.gov:25"},
            "catalog@data.example.gov",
        ),
        ({"EMAIL_URL": "smtp+tls://notice%40mail.gov:word@mail.gov:587"}, "notice@mail.gov"),
    ],
)
def test_mail_comes_from_the_account_or_the_site(variables: dict[str, str], sender: str) -> None:
    assert env.sender_address(env.read(variables)) == sender


def test_files_go_where_the_operator_says() -> None:
    assert env.files_folder(env.read({"DATA_DIR": "/srv/x"})) == Path("/srv/x/files")
    assert env.files_folder(env.read({"FILES_URL": "file:///mnt/big%20disk"})) == Path("/mnt/big disk")
    with pytest.raises(ImproperlyConfigured, match="FILES_URL must begin with file:///"):
        env.files_folder(env.read({"FILES_URL": "ftp://host/files"}))


def test_files_on_their_way_in_are_for_us_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "incoming").mkdir(mode=0o755)
    folder = env.incoming_folder(env.read({"DATA_DIR": str(tmp_path / "data")}))
    assert (folder, folder.stat().st_mode & 0o777) == (tmp_path / "data" / "incoming", 0o700)
    folder = env.incoming_folder(env.read({"DATA_DIR": str(tmp_path / "new")}))
    assert [one.stat().st_mode & 0o777 for one in (folder, folder.parent)] == [0o700, 0o700]
    (tmp_path / "file").write_text("")
    env.incoming_folder(env.read({"DATA_DIR": str(tmp_path / "file")}))


def test_mail_without_a_server_is_noted_without_its_text(settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.EMAIL_BACKEND = env.email_config(None)["EMAIL_BACKEND"]
    caplog.set_level("INFO")

    sent = mail.send_mail("到期提醒", "林晓岚：目录更新已逾期", None, ["lin@example.invalid"])

    assert sent == 1
    assert "到期提醒" in caplog.text
    assert "林晓岚" not in caplog.text
    assert "lin@example.invalid" not in caplog.text


def test_a_mail_server_is_read_from_its_url() -> None:
    found = env.email_config("smtp+tls://user:word@mail.example:587")

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
