"""Settings: read once, checked before anything starts, secrets from files, misspelt names refused."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from domain.errors import SettingError
from workers.bootstrap import App
from workers.settings import SEEDS, load_settings


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(SettingError) as caught:
        load_settings(environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_set_is_the_embedded_default() -> None:
    settings = load_settings({})
    assert settings.database_url == "sqlite:///var/marsad.db"
    assert settings.redis_url is None
    assert settings.feeds == SEEDS / "feeds.opml"
    assert settings.allow_networks == ()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)


def test_an_empty_value_is_none() -> None:
    assert load_settings({"MARSAD_PORT": "", "MARSAD_REDIS_URL": ""}) == load_settings({})


def test_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    assert load_settings({"MARSAD_DATA": str(tmp_path)}).database_url == f"sqlite:///{tmp_path}/marsad.db"


def test_networks_take_commas_and_both_families() -> None:
    wanted = (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("10.0.0.0/8"))
    assert load_settings({"MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8, ::1/128;10.0.0.0/8"}).allow_networks == wanted


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MARSAD_PORT", "65536", "between 0 and 65535"),
        ("MARSAD_PORT", "8.5", "whole number"),
        ("MARSAD_THREADS", "0", "between 1 and 256"),
        ("MARSAD_ATTEMPTS", "many", "whole number"),
        ("MARSAD_POLL_SECONDS", "soon", "not a number"),
        ("MARSAD_POLL_SECONDS", "-1", "seconds"),
        ("MARSAD_HOST_DELAY", "nan", "seconds"),
        ("MARSAD_FETCH_TIMEOUT", "inf", "seconds"),
        ("MARSAD_FETCH_ALLOW_NETWORKS", "localhost", "127.0.0.0/8"),
        ("MARSAD_FETCH_ALLOW_NETWORKS", "10.0.0.1/8", "host bits"),
        ("MARSAD_DATABASE_URL", "marsad.db", "sqlite:///"),
        ("MARSAD_REDIS_URL", "http://localhost", "redis://"),
        ("MARSAD_FEEDS", "/nowhere/feeds.opml", "no such file"),
        ("MARSAD_REGISTRY", "/nowhere", "no such folder"),
        ("MARSAD_HOSTS", "https://example.org", "host name"),
        ("MARSAD_USER_AGENT", "two\nlines", "one line"),
        ("MARSAD_CONFIG", "/nowhere.toml", "cannot be read"),
        ("MARSAD_DATABASE_URL_FILE", "/nowhere", "cannot be read"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(name: str, value: str, words: str) -> None:
    line = refused({name: value})
    assert line.startswith(f"{name}: ")
    assert words in line


def test_a_misspelt_name_is_refused() -> None:
    assert "MARSAD_FEED " in refused({"MARSAD_FEED": "x"})
    load_settings({"MARSAD_TEST_POSTGRES_BIN": "/usr/lib/postgresql"})


def test_a_secret_is_read_from_a_file_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://marsad:geheim@localhost/marsad\n", "utf-8")
    settings = load_settings({"MARSAD_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url == "postgresql://marsad:geheim@localhost/marsad"
    (tmp_path / "url").write_text("mysql://marsad:geheim@localhost/marsad\n", "utf-8")
    assert "geheim" not in refused({"MARSAD_DATABASE_URL_FILE": str(tmp_path / "url")})


def test_a_file_of_settings_gives_way_to_the_environment(tmp_path: Path) -> None:
    config = tmp_path / "marsad.toml"
    config.write_text(
        'MARSAD_PORT = 9000\nMARSAD_THREADS = 2\nMARSAD_FETCH_ALLOW_NETWORKS = ["127.0.0.0/8", "::1"]\n', "utf-8"
    )
    settings = load_settings({"MARSAD_CONFIG": str(config), "MARSAD_THREADS": "3"})
    assert (settings.port, settings.threads, len(settings.allow_networks)) == (9000, 3, 2)


@pytest.mark.parametrize(("text", "words"), [("port = 9000", "port is no setting"), ("MARSAD_PORT", "not valid TOML")])
def test_a_wrong_file_of_settings_is_refused(text: str, words: str, tmp_path: Path) -> None:
    config = tmp_path / "marsad.toml"
    config.write_text(text, "utf-8")
    assert words in refused({"MARSAD_CONFIG": str(config)})


def test_the_shipped_list_of_feeds_can_be_read() -> None:
    feeds = App(load_settings({})).feeds()
    assert len(feeds) >= 18
    assert all(feed.outlet and len(feed.country) == 3 and "/" in feed.time_zone for feed in feeds)
    assert len({feed.url for feed in feeds}) == len(feeds)
