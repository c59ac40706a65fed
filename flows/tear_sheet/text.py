"""Numbers, dates and markup as text."""

from datetime import date
from html import escape

from flows.tear_sheet.sheet import Figure, Value

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_FRACTIONS = ("ratio", "probability")
_SUFFIXES = {
    "calendar days": " d",
    "days": " d",
    "trading days": " d",
    "ms": " ms",
    "pips": " pips",
    "lots": " lots",
    "R": " R",
    "bps": " bp",
    "percent": " %",
    "hour 0-23": ":00",
}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def tag(name: str, content: str = "", **attributes: str | float | None) -> str:
    """Return an element; `class_` is class, `stroke_width` stroke-width, None is left out.

    Attributes are escaped here; the content is markup, whose texts the caller has escaped.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>"


def _attribute(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def number(value: float, decimals: int = 2) -> str:
    """Return a number with thousands marked; what rounds to zero has no sign."""
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def percent(value: float, decimals: int = 2, *, signed: bool = False) -> str:
    """Return a ratio in percent."""
    text = number(100 * value, decimals)
    plus = "+" if signed and value > 0 and text.strip("0.,") else ""
    return f"{plus}{text} %"


def money(value: float) -> str:
    """Return an amount: cents below a thousand, whole units from there on."""
    return number(value, 2 if abs(value) < 1_000 else 0)


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units."""
    whole = round(seconds)
    for size, name, small, small_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // small} {small_name}"
    return f"{whole} s"


def day(value: date) -> str:
    """Return a date as it is written everywhere."""
    return f"{value.day} {value:%b %Y}"


def shown(figure: Figure) -> str:
    """Return a figure's value in the format of its unit; not escaped."""
    return _shown(figure.value, figure.unit)


def _shown(value: Value, unit: str) -> str:  # noqa: PLR0911
    match value:
        case None:
            return DASH
        case date():
            return day(value)
        case str():
            return value
    if unit.startswith(_FRACTIONS):
        return percent(value)
    if unit.startswith("currency"):
        return money(value)
    if unit == "seconds":
        return duration(value)
    if unit == "0=Mon":
        return _WEEKDAYS[int(value)]
    suffix = _SUFFIXES.get(unit, "")
    if float(value).is_integer() and unit not in ("number", "corr", "R", "x"):
        return number(value, 0) + suffix
    return number(value, 3 if unit in ("number", "corr") else 2) + suffix
