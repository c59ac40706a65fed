"""All verbs, in the order in which `tradecast --help` lists them."""

from __future__ import annotations

from flows.commands import (
    Command,
    apply,
    audit,
    backup,
    demo,
    export,
    forget,
    kpi,
    maintain,
    query,
    restore,
    run,
    schema,
    send,
    snapshot,
    sql,
    status,
    up,
)

MODULES: tuple[Command, ...] = (
    demo,
    up,
    apply,
    send,
    status,
    sql,
    query,
    snapshot,
    audit,
    kpi,
    maintain,
    backup,
    restore,
    export,
    forget,
    schema,
    run,
)
