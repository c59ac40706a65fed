"""Settings: one line for each mistake, the environment above the file, no password shown."""

from pathlib import Path

import pytest

from config.errors import SettingsError
from config.settings import Settings, load


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str, **environ: str) -> tuple[str, ...]:
    file = write(tmp_path / "t.toml", text)
    with pytest.raises(SettingsError) as caught:
        load(file, None, environ)
    assert all("\n" not in line for line in caught.value.problems)
    return tuple(line.replace(str(file), "FILE") for line in caught.value.problems)


def test_defaults_need_no_file(tmp_path: Path) -> None:
    settings = load(None, tmp_path / "home")
    assert settings.home_path == tmp_path / "home"
    assert settings == Settings(home=str(tmp_path / "home"))


def test_the_home_has_its_own_file(tmp_path: Path) -> None:
    write(tmp_path / "tradecast.toml", "[trade]\nshards = 3\n")
    assert load(None, tmp_path).trade.shards == 3
    assert load(None, None, {"TRADECAST_HOME": str(tmp_path)}).trade.shards == 3
    assert load(None, None, {"TRADECAST__HOME": str(tmp_path)}).trade.shards == 3


def test_the_homes_own_file_cannot_name_another_home(tmp_path: Path) -> None:
    file = write(tmp_path / "tradecast.toml", 'home = "/elsewhere"\n')
    with pytest.raises(SettingsError) as caught:
        load(None, tmp_path)
    assert caught.value.problems == (f"home: cannot be set in the home's own file (in {file})",)


def test_option_over_variable_over_file(tmp_path: Path) -> None:
    file = write(tmp_path / "t.toml", 'home = "/c"\n[trade]\nshards = 2\nepoch_ms = 300\n')
    environ = {"TRADECAST_HOME": "/b", "TRADECAST__TRADE__SHARDS": "5", "OTHER": "x"}
    assert load(file, None, {}).home == "/c"
    assert load(file, None, environ).home == "/b"
    settings = load(file, Path("/a"), environ)
    assert (settings.home, settings.trade.shards, settings.trade.epoch_ms) == ("/a", 5, 300)


def test_variables_are_read_as_their_keys_type(tmp_path: Path) -> None:
    settings = load(
        None,
        tmp_path,
        {
            "TRADECAST__METRICS__ENABLED": "off",
            "TRADECAST__TRADE__MAX_QUOTE_AGE_S": "2.5",
            "TRADECAST__REDIS__URL": "redis://:secret@host:6379/0",
        },
    )
    assert settings.metrics.enabled is False
    assert settings.trade.max_quote_age_s == 2.5
    assert settings.redis.url == "redis://:secret@host:6379/0"


def test_no_password_is_shown(tmp_path: Path) -> None:
    settings = load(
        None,
        tmp_path,
        {
            "TRADECAST__REDIS__URL": "redis://user:geheim@host:6379/0",
            "TRADECAST__CLICKHOUSE__URL": "https://geheim@host/x",
        },
    )
    assert "geheim" not in repr(settings) + str(settings) + f"{settings.redis}"
    assert "redis://***@host:6379/0" in repr(settings)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[trade]\nshards = 0", "trade.shards: expected >= 1 and <= 64, was 0 (in FILE)"),
        (
            '[trade]\nshards = "two"',
            'trade.shards: expected a whole number >= 1 and <= 64, was "two" (in FILE)',
        ),
        (
            "[trade]\nshards = true",
            "trade.shards: expected a whole number >= 1 and <= 64, was true (in FILE)",
        ),
        (
            "[trade]\nshards = 1.5",
            "trade.shards: expected a whole number >= 1 and <= 64, was 1.5 (in FILE)",
        ),
        (
            "[trade]\nmax_quote_age_s = nan",
            "trade.max_quote_age_s: expected a number > 0 and <= 86_400, was NaN (in FILE)",
        ),
        (
            "[trade]\nmax_quote_age_s = 0",
            "trade.max_quote_age_s: expected > 0 and <= 86_400, was 0 (in FILE)",
        ),
        (
            '[redis]\ndurability = "sometimes"',
            'redis.durability: expected one of always, waitaof, lossy, was "sometimes" (in FILE)',
        ),
        (
            '[redis]\nurl = "http://geheim@x"',
            "redis.url: expected empty, redis://..., rediss://... or unix://..., was *** (in FILE)",
        ),
        (
            "[redis]\nurl = 3",
            "redis.url: expected empty, redis://..., rediss://... or unix://..., was *** (in FILE)",
        ),
        ("[metrics]\nenabled = 1", "metrics.enabled: expected true or false, was 1 (in FILE)"),
        ("trade = 3", "trade: expected a table, was 3 (in FILE)"),
        (
            "[trade]\nshard = 2",
            "trade.shard: there is no such key; did you mean `shards`? (in FILE)",
        ),
        ("[trades]\n", "trades: there is no such key; did you mean `trade`? (in FILE)"),
        (
            "[execute]\nlease_s = 1\npoll_ms = 900",
            "execute.poll_ms: expected at most a quarter of lease_s (1 s), was 900 (in FILE)",
        ),
    ],
)
def test_each_mistake_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text) == (line,)


@pytest.mark.parametrize(
    ("variable", "text", "line"),
    [
        (
            "TRADECAST__TRADE__SHARDS",
            "0",
            "trade.shards: expected >= 1 and <= 64, was 0 (in the environment, TRADECAST__TRADE__SHARDS)",
        ),
        (
            "TRADECAST__TRADE__SHARDS",
            "x",
            'trade.shards: expected a whole number >= 1 and <= 64, was "x" (in the environment, TRADECAST__TRADE__SHARDS)',
        ),
        (
            "TRADECAST__TRAD__SHARDS",
            "1",
            "trad: there is no such key; did you mean `trade`? (in the environment, TRADECAST__TRAD__SHARDS)",
        ),
        (
            "TRADECAST__METRICS__ENABLED",
            "perhaps",
            'metrics.enabled: expected true or false, was "perhaps" (in the environment, TRADECAST__METRICS__ENABLED)',
        ),
        (
            "TRADECAST__REDIS",
            "x",
            'redis: expected a table, was "x" (in the environment, TRADECAST__REDIS)',
        ),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, variable: str, text: str, line: str
) -> None:
    assert problems(tmp_path, "", **{variable: text}) == (line,)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    lines = problems(tmp_path, "a = 1\n[trade]\nshards = 0\nepoch_ms = 1\n[redis]\nport = -1\n")
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a = = 1", "is not valid TOML: "), (b"\xff", "is not UTF-8 text"), (None, "no such file")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "t.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(file)
    (line,) = caught.value.problems
    assert line.startswith(f"{file}: ")
    assert words in line


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("redis", "redis://:geheim@127.0.0.1:notaport/0"),
        ("redis", "redis://:geheim@127.0.0.1:70000/0"),
        ("redis", "rediss://a:b:c/0"),
        ("redis", "redis://:ge/heim@host:6379/0"),
        ("clickhouse", "http://u:geheim@host:port/db"),
        ("clickhouse", "http://u:geheim@host:99999/db"),
        ("postgres", "postgresql://u:geheim@host:port/db"),
        ("postgres", "postgresql://u:geheim@host:70000/db"),
        ("postgres", "postgresql://u:geheim@one:5432,two:x/db"),
    ],
)
def test_an_address_that_no_driver_can_read_is_refused(tmp_path: Path, key: str, url: str) -> None:
    (line,) = problems(tmp_path, "", **{f"TRADECAST__{key.upper()}__URL": url})
    assert line.startswith(f"{key}.url: expected empty, ")
    assert "geheim" not in line


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("redis", "redis://host"),
        ("redis", "redis://host/3?socket_timeout=2"),
        ("redis", "rediss://user:p%40ss@redis.example.com:65535/0"),
        ("redis", "redis://:p@ss@[::1]:6379"),
        ("redis", "unix://:secret@/run/redis.sock?db=0"),
        ("clickhouse", "https://u:p@abc.eu-west-1.aws.clickhouse.cloud:8443/db?verify=true"),
        ("clickhouse", "http://geheim@host/x"),
        ("postgres", "postgresql://u:p%40ss@[::1]:5432/db?sslmode=require"),
        ("postgres", "postgres://u:p@one:5432,two.example.com:5433/db"),
        ("postgres", "postgresql:///db?host=/run/postgresql"),
        ("postgres", "postgresql://%2Frun%2Fpostgresql/db"),
    ],
)
def test_addresses_that_are_well(tmp_path: Path, key: str, url: str) -> None:
    found = load(None, tmp_path, {f"TRADECAST__{key.upper()}__URL": url})
    assert getattr(found, key).url == url
