"""Figures: the large ones at the top, the limits, and all others in their groups."""

from collections.abc import Sequence
from html import escape

from flows.tear_sheet.sheet import Figure, Group, Limit
from flows.tear_sheet.text import percent, shown, tag

_NEAR = 0.8  # of a limit: the share from which it is marked


def headline(figures: Sequence[Figure]) -> str:
    """Return the large figures."""
    return tag("dl", "".join(_large(figure) for figure in figures), class_="headline")


def _large(figure: Figure) -> str:
    value = figure.value
    kind = None
    if figure.signed and isinstance(value, float) and value:
        kind = "gain" if value > 0 else "loss"
    return tag(
        "div",
        tag("dt", escape(figure.title), title=figure.id)
        + tag("dd", escape(shown(figure)), class_=kind),
    )


def limits(rules: Sequence[Limit]) -> str:
    """Return a gauge for each rule: what is used of what is allowed."""
    return tag("div", "".join(_gauge(rule) for rule in rules), class_="limits")


def _gauge(rule: Limit) -> str:
    kind = _kind(rule)
    width = 100 * min(max(rule.used or 0.0, 0.0), 1.0)
    bar = tag("i", class_=f"fill {kind}", style=f"width:{width:.1f}%")
    verb = "reached" if rule.wanted else "used"
    told = "not known" if rule.used is None else f"{percent(rule.used, 0)} {verb}"
    words = tag("b", escape(rule.title)) + tag("span", told, class_=kind)
    gauge = tag("span", bar + ("" if rule.wanted else tag("i", class_="warn")), class_="bar gauge")
    return tag("div", tag("p", words) + gauge + tag("p", escape(rule.left), class_="left"))


def _kind(rule: Limit) -> str:
    if rule.used is None:
        return "none"
    if rule.wanted:
        return "done" if rule.used >= 1 else "far"
    return "over" if rule.used >= 1 else "near" if rule.used >= _NEAR else "far"


def groups(of: Sequence[Group]) -> str:
    """Return every group as a list of titles and values."""
    return tag("div", "".join(_group(group) for group in of if group.figures), class_="groups")


def _group(group: Group) -> str:
    rows = "".join(_row(figure) for figure in group.figures)
    return tag("section", tag("h3", escape(group.title)) + tag("table", tag("tbody", rows)))


def _row(figure: Figure) -> str:
    note = ""
    if figure.small_sample and figure.value is not None:
        note = tag("sup", "*", title="the sample is small")
    value = tag("td", escape(shown(figure)) + note, class_="none" if figure.value is None else None)
    return tag("tr", tag("th", escape(figure.title), title=figure.id, scope="row") + value)
