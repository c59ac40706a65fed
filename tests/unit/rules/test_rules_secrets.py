"""No secret in what is kept of a refused entry, in whatever form it came."""

import json

import pytest

from rules.parsing_faults import Fault
from rules.secrets import without_secrets
from rules.validation import Validated, validate
from rules.validation_payload import payload_text
from schema.codes import ReasonCode
from tests.speed import counting, least, takes_at_most

ENTRY_ID = "1763690400000-0"
WHOLE = [
    *("pass", "pwd", "auth", "bearer", "jwt", "otp", "pin", "passcode"),
    *("session", "license", "licence", "login", "PWD", "Auth"),
]


def of(fields: dict[bytes, bytes]) -> Validated:
    return validate([("signals:0", ENTRY_ID, fields)])


@pytest.mark.parametrize(
    "data",
    [
        rb'{"body":"{\"token\":\"s3cr3t\"}"}',
        rb'{"body":"{\"token\": \"s3cr3t\"}"',
        rb'{"body":"{\"a\":\"{\\\"token\\\":\\\"s3cr3t\\\"}\"}",}',
        b'{"note":"Authorization: Bearer s3cr3t"}',
        b'{"note":["a", ["authorization: Bearer s3cr3t"]]}',
        b'["token=s3cr3t"]',
        b'"token=s3cr3t"',
        b'{"token=s3cr3t":null}',
        b'{"x":"token=s3cr3t","x":"y"}',
        b"authorization: Bearer s3cr3t",
        b'authorization: Digest username="x", response="s3cr3t"',
        b'{"strategy":"x" "authorization":"Bearer s3cr3t"}',
        b'{"token":["s3cr3t","b"],}',
        b'{"token":{"value":"s3cr3t"},}',
        b'{"price":Nan,"token":["s3cr3t"]}',
        b"{'token':'it\\'s s3cr3t'}",
        b"{'token':'it''s s3cr3t'}",
        b'{"token":"a" "s3cr3t"}',
        b"token => s3cr3t",
        b"token s3cr3t",
        b"password is s3cr3t",
        b"bearer s3cr3t",
        b"<token>s3cr3t</token>",
        b"token%3Ds3cr3t",
        b"t%6Fken=s3cr3t",
        b"key%3Ds3cr3t",
        b"&quot;key&quot;:&quot;s3cr3t&quot;",
        b'{"token":\n\n\n\n\n\n\n\n\n\n"s3cr3t",}',
        b"{token:my s3cr3t}",
        rb'{"t\u006fken":"s3cr3t",}',
        rb'{"t\u006fken":"s3cr3t"}',
        rb'{"token":"a\u0022s3cr3t",}',
        rb'{"token\u0022:"s3cr3t",}',
        '{"token":"s3cr3t"}'.encode("utf-16"),
        '{"token":"s3cr3t"}'.encode("utf-16-le"),
        '{"token":"s3cr3t"}'.encode("utf-16-be"),
        b'{"webhook":"https://u:s3cr3t@host/x"}',
        rb'{"webhook":"https:\/\/u:s3cr3t@host",}',
        b"see postgres://u:s3cr3t@host",
        *(b'{"%s":"s3cr3t"}' % word.encode() for word in WHOLE),
        *(b'{"%s":"s3cr3t",}' % word.encode() for word in WHOLE),
    ],
)
def test_no_secret_is_kept(data: bytes) -> None:
    for fields in ({b"json": data}, {b"json": data, b"arrow": b""}, {b"data": data}, {data: b"x"}):
        refused = of(fields).rejections
        assert len(refused) == 1
        assert "s3cr3t" not in refused.payload[0].replace("\0", "")
        assert "s3cr3t" not in refused.message[0]


def test_a_field_that_is_named_a_secret_is_masked() -> None:
    assert of({b"pwd": b"s3cr3t", b"x": b"1"}).rejections.payload[0] == "pwd=***\nx=1"


def test_only_plain_names_of_fields_are_told() -> None:
    names = (b'{"a":1}', b"data", b"n" * 33, b"\xff")
    message = of(dict.fromkeys(names, b"")).rejections.message[0]
    odd = "a field with an odd name"
    assert message.endswith(f"its fields are: {odd}, data, {odd}, {odd}.")


@pytest.mark.parametrize(
    "text",
    [
        '{"strategy":"tokenomics","symbol":"EURUSD",}',
        '{"comment":"key levels, opinion: passive",}',
        '{"comment":"caf\\u0065 100%41",}',
        '{"url":"https://host/a@b",}',
        '{"a":"\\u0000","x":1,"x":2}',
        "a\0b",
    ],
)
def test_what_holds_no_secret_is_kept_as_it_is(text: str) -> None:
    assert payload_text(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"token":"a","symbol":"E",}', '{"token":***,"symbol":"E",}'),
        ("token=a&symbol=E", "token=***&symbol=E"),
        ('{"token":12,"symbol":"E",}', '{"token":***,"symbol":"E",}'),
        ('{"token":"a"} {', '{"token":***} {'),
        ("<key>a</key><b>c</b>", "<key>***</key>***"),
        ('{"token":"a","b":{"pin":1},"c":["x://u:p@h"]}', '{"token": "***", "b": {"pin": "***"}, "c": ["x://***@h"]}'),
    ],
)  # fmt: skip
def test_what_lies_beside_a_secret_is_kept(text: str, kept: str) -> None:
    assert payload_text(text.encode()) == kept


def test_arrow_rows_are_masked_by_structure() -> None:
    row = {"a": [{"token": "s3cr3t"}, "pwd=s3cr3t"], "https://u:s3cr3t@h": 1}
    assert json.loads(payload_text(row)) == {"a": [{"token": "***"}, "pwd=***"], "https://***@h": 1}


@pytest.mark.parametrize(
    "raw",
    [
        {"x": "token " * 5_000_000},
        {"x": ["token", {"a": 1}] * 1_000_000},
        {"x": "é\n" * 5_000_000, "token": 1},
        {b"x": b"key=1 " * 5_000_000},
        {b"key=1 " * 5_000_000: b""},
    ],
)
def test_what_is_cut_away_costs_nothing(raw: dict[str, object]) -> None:
    assert len(payload_text(raw).encode()) <= 8192
    assert takes_at_most(lambda: payload_text(raw), counting(4))


@pytest.mark.parametrize(
    "part", ["\\", "key", "key ", "key\\", "token\\", ":\\/", "://", "://a@", "%", "key[", "\\u006b", "pin ", "\0", "'", 'key"', 'key\\"', "key:'\\'", '{"key":']
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "token=", "key:\\'", "://", 'key:"'])
def test_the_time_is_that_of_the_length(before: str, part: str) -> None:
    short, long = (before + part * (length // len(part)) for length in (4_000, 64_000))
    # Sixteen times the length; what looks at all pairs of places takes 256 times as long.
    allowed = 64 * least(lambda: without_secrets(short))
    assert takes_at_most(lambda: without_secrets(long), allowed)


def test_a_message_is_cut() -> None:
    assert len(Fault(ReasonCode.NOT_JSON, "x" * 1000).message) == 300
