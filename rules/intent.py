"""Intents: what a signal asks of the strategy's own book, once a target knows its position before.

After 0 closes. Another sign closes all and opens. Larger opens the difference, smaller closes
the fraction `1 - |after| / |before|`. A book of the opposite sign is always closed first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rules.signals import Codes, Flags, Float, Intents, Signals
from schema.codes import ReasonCode
from schema.enums import Action, Side
from schema.wire import UNITS

TargetKey = tuple[str, str]  # strategy, symbol


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Intents and what else targets tell, aligned to the signals.

    Attributes:
        reason: NONE, NO_CHANGE (an outcome) or UNKNOWN_POSITION (a rejection).
        missed_alert: The position before is not the target last accepted.
    """

    intents: Intents
    reason: Codes
    missed_alert: Flags


def last_targets(signals: Signals, before: Mapping[TargetKey, float]) -> Float:
    """Return the target last accepted before each target, NaN where none is known.

    Args:
        signals: In their order; each accepted target is the one before for the next.
        before: Last accepted targets before the first of the signals.
    """
    last = np.full(len(signals), np.nan)
    known = dict(before)
    for row in np.flatnonzero(signals.action == Action.TARGET).tolist():
        key = (signals.strategy[row], signals.symbol[row])
        last[row] = known.get(key, np.nan)
        if is_known(signals, row, last[row]):
            known[key] = float(signals.position_size[row])
    return last


def is_known(signals: Signals, row: int, last: float) -> bool:
    """Return whether a target can be resolved: it closes all, or its position before is known."""
    known = not np.isnan(signals.prev_position_size[row]) or not np.isnan(last)
    return bool(known or signals.position_size[row] == 0)


def resolve(signals: Signals, last: Float) -> Resolved:
    """Return what each signal asks for.

    Args:
        signals: Well-formed.
        last: Target last accepted before each target, NaN if none (`last_targets`).
    """
    action = signals.action
    target = action == Action.TARGET
    if not target.any():
        return _plain(signals)
    after = np.where(target, signals.position_size, 0.0)
    told = signals.prev_position_size
    before = np.where(np.isnan(told), last, told)
    known = np.isfinite(before)
    was = np.where(known, before, 0.0)
    flips = np.sign(after) != np.sign(was)
    growth = np.abs(after) - np.where(flips, 0.0, np.abs(was))
    grows = target & known & (after != 0) & (growth > 0)
    shrinks = target & known & (after != 0) & (growth < 0)
    part = np.where(shrinks, 1 - np.abs(after) / np.where(shrinks, np.abs(was), 1.0), 0.0)
    flat = target & (after == 0)
    fraction = signals.fraction
    equal = target & known & (after != 0) & (growth == 0)
    acts = target & (known | flat) & ~equal
    long = np.isin(action, (Action.CLOSE, Action.CLOSE_LONG)) * fraction
    short = np.isin(action, (Action.CLOSE, Action.CLOSE_SHORT)) * fraction
    long = np.where(acts, np.where(after <= 0, 1.0, part), long)
    short = np.where(acts, np.where(after >= 0, 1.0, part), short)
    side = np.zeros(len(signals), np.uint8)
    side[(action == Action.BUY) | (grows & (after > 0))] = Side.BUY
    side[(action == Action.SELL) | (grows & (after < 0))] = Side.SELL
    amount = np.rint(np.where(grows, growth, 0.0) * UNITS).astype(np.int64)
    reason = np.zeros(len(signals), np.uint8)
    reason[equal] = ReasonCode.NO_CHANGE
    reason[target & ~known & (after != 0)] = ReasonCode.UNKNOWN_POSITION
    intents = Intents(
        open_side=side,
        lots=np.where(target, 0, signals.volume),
        contracts=np.where(target, amount, signals.contracts),
        close_long=long,
        close_short=short,
        reverse=action == Action.REVERSE,
        modify=action == Action.MODIFY,
        cancel=action == Action.CANCEL,
    )
    differs = np.isfinite(told) & np.isfinite(last) & (told != last)
    return Resolved(intents=intents, reason=reason, missed_alert=target & differs)


def _plain(signals: Signals) -> Resolved:
    """Return what signals ask for none of which is a target: most batches."""
    action, count = signals.action, len(signals)
    side = np.zeros(count, np.uint8)
    side[action == Action.BUY] = Side.BUY
    side[action == Action.SELL] = Side.SELL
    closes = action == Action.CLOSE
    intents = Intents(
        open_side=side,
        lots=signals.volume,
        contracts=signals.contracts,
        close_long=(closes | (action == Action.CLOSE_LONG)) * signals.fraction,
        close_short=(closes | (action == Action.CLOSE_SHORT)) * signals.fraction,
        reverse=action == Action.REVERSE,
        modify=action == Action.MODIFY,
        cancel=action == Action.CANCEL,
    )
    none = np.zeros(count, np.bool_)
    return Resolved(intents=intents, reason=np.zeros(count, np.uint8), missed_alert=none)
