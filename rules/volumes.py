"""Volumes of openings: what the sizing mode asks for, and that in whole steps."""

import numpy as np

from rules.ages import is_fresh
from rules.openings import Basis, Faults, Openings, Rate, rate
from rules.signals import Codes, Flags, Float, Int64
from rules.ticks import LARGEST
from schema.codes import ReasonCode
from schema.enums import SizingMode, TinyTrade
from schema.wire import UNITS

# NumPy compares with plain integers far faster than with an enum's members.
_RISK = int(SizingMode.RISK)
_FIXED = int(SizingMode.FIXED)
_SCALED = int(SizingMode.SCALED)
_EQUITY = int(SizingMode.EQUITY)
_FORCE = int(TinyTrade.FORCE)
_BALANCE_STALE = np.uint8(ReasonCode.BALANCE_STALE)
_BALANCE_UNKNOWN = np.uint8(ReasonCode.BALANCE_UNKNOWN)
_MAX_VOLUME = np.uint8(ReasonCode.MAX_VOLUME)
_PROVIDER_BALANCE_UNKNOWN = np.uint8(ReasonCode.PROVIDER_BALANCE_UNKNOWN)
_RATE_STALE = np.uint8(ReasonCode.RATE_STALE)
_RATE_UNKNOWN = np.uint8(ReasonCode.RATE_UNKNOWN)
_RISK_TOO_HIGH = np.uint8(ReasonCode.RISK_TOO_HIGH)
_STOP_LOSS_MISSING = np.uint8(ReasonCode.STOP_LOSS_MISSING)
_UNIT_UNKNOWN = np.uint8(ReasonCode.UNIT_UNKNOWN)
_VOLUME_TOO_SMALL = np.uint8(ReasonCode.VOLUME_TOO_SMALL)
_VOLUME_UNKNOWN = np.uint8(ReasonCode.VOLUME_UNKNOWN)


def wanted(basis: Basis, one: Openings, risk: Rate, given: Flags, faults: Faults) -> Float:
    """Return the volume asked for in 1e-8 lots before any rounding.

    Args:
        basis: Settings, signals, prices and balances.
        one: The openings.
        risk: What one lot loses at the stop.
        given: Who has a stop loss.
        faults: Takes what is not known.
    """
    subscriptions = basis.book.subscriptions
    mode = subscriptions.sizing[one.subscription]
    volume = subscriptions.fixed_volume[one.subscription].astype(np.float64)
    by_risk = mode == _RISK
    scaled = (mode != _FIXED) & ~by_risk
    if np.count_nonzero(scaled):
        lots = _provider_lots(basis, one, scaled, faults)
        lots = lots * subscriptions.multiplier[one.subscription]
        proportional = scaled & (mode != _SCALED)
        if np.count_nonzero(proportional):
            share = _share(basis, one, mode, proportional, faults)
            lots = np.where(proportional, lots * share, lots)
        volume = np.where(scaled, lots, volume)
    if not np.count_nonzero(by_risk):
        return volume
    faults.append((_STOP_LOSS_MISSING, by_risk & ~given))
    money = _money_at_risk(basis, one, by_risk, faults)
    faults.append((_RATE_UNKNOWN, by_risk & given & ~risk.known))
    faults.append((_RATE_STALE, by_risk & given & ~risk.fresh))
    sure = np.isfinite(risk.value) & (risk.value > 0)
    return np.where(by_risk, money / np.where(sure, risk.value, np.nan) * UNITS, volume)


def _provider_lots(basis: Basis, one: Openings, scaled: Flags, faults: Faults) -> Float:
    book = basis.book
    lots, contracts = basis.intents.lots[one.signal], basis.intents.contracts[one.signal]
    units = book.strategies.units_per_contract[book.subscriptions.strategy[one.subscription]]
    size_of_lot = book.instruments.contract_size[one.instrument]
    by_unit = (lots == 0) & (contracts > 0)
    faults.append((_VOLUME_UNKNOWN, scaled & (lots == 0) & (contracts == 0)))
    known = np.isfinite(units) & (units > 0) & np.isfinite(size_of_lot) & (size_of_lot > 0)
    faults.append((_UNIT_UNKNOWN, scaled & by_unit & ~known))
    turned = contracts * units / np.where(known, size_of_lot, np.nan)
    return np.where(by_unit, turned, lots.astype(np.float64))


def _share(basis: Basis, one: Openings, mode: Codes, uses: Flags, faults: Faults) -> Float:
    """Return the account's balance or equity as a multiple of the provider's balance."""
    book, balances = basis.book, basis.balances
    strategy = book.subscriptions.strategy[one.subscription]
    theirs = book.strategies.provider_balance[strategy]
    currency = book.strategies.provider_currency[strategy]
    known = np.isfinite(theirs) & (theirs > 0) & (currency >= 0)
    faults.append((_PROVIDER_BALANCE_UNKNOWN, uses & ~known))
    equity = mode == _EQUITY
    chosen = np.where(equity, balances.equity[one.account], balances.balance[one.account])
    _balance_faults(basis, one, chosen, uses, faults)
    mine = book.accounts.currency[one.account]
    change = rate(basis, one, mine, np.where(known, currency, mine))
    faults.append((_RATE_UNKNOWN, uses & ~change.known))
    faults.append((_RATE_STALE, uses & ~change.fresh))
    return np.asarray(chosen * change.value / np.where(known, theirs, np.nan))


def _money_at_risk(basis: Basis, one: Openings, by_risk: Flags, faults: Faults) -> Float:
    """Return what each account may lose at the stop, account currency."""
    subscriptions = basis.book.subscriptions
    balance = basis.balances.balance[one.account]
    _balance_faults(basis, one, balance, by_risk, faults)
    percent = subscriptions.risk_percent[one.subscription]
    own = basis.signals.risk_percent[one.signal]
    own_counts = (own > 0) & subscriptions.risk_override[one.subscription]
    return np.asarray(balance * np.where(own_counts, own, percent) / 100)


def _balance_faults(basis: Basis, one: Openings, value: Float, uses: Flags, faults: Faults) -> None:
    marked = basis.balances.marked_at[one.account]
    known = np.isfinite(value) & (value > 0) & (marked > 0)
    faults.append((_BALANCE_UNKNOWN, uses & ~known))
    fresh = is_fresh(basis.now - marked, basis.book.max_balance_age)
    faults.append((_BALANCE_STALE, uses & ~fresh))


def whole_steps(basis: Basis, one: Openings, asked_for: Float, faults: Faults) -> Int64:
    """Return volumes in whole steps of the instrument, 1e-8 lots; `faults` takes what has none."""
    instruments, subscriptions = basis.book.instruments, basis.book.subscriptions
    least = instruments.volume_min[one.instrument]
    step = np.maximum(instruments.volume_step[one.instrument], 1)
    known = np.isfinite(asked_for) & (asked_for > 0)
    # To 1e-8 first: a volume that floats put a hair under a step is on it.
    asked = np.rint(np.where(known, np.minimum(asked_for, LARGEST), 0.0)).astype(np.int64)
    small = asked < least
    forced = subscriptions.tiny_trade[one.subscription] == _FORCE
    near = 2 * (least - asked) <= step
    raised = known & small & (forced | near)
    faults.append((_VOLUME_TOO_SMALL, ~known | (small & ~raised)))
    times = np.maximum(subscriptions.max_risk_coefficient[one.subscription], 1.0)
    faults.append((_RISK_TOO_HIGH, raised & ~(least <= asked_for * times)))
    limit = instruments.volume_max[one.instrument]
    for own in (
        subscriptions.max_volume[one.subscription],
        basis.book.accounts.max_volume[one.account],
    ):
        limit = np.where(own > 0, np.minimum(limit, own), limit)
    faults.append((_MAX_VOLUME, ~(limit >= least)))
    steps = (np.minimum(asked, limit) - least) // step
    return np.asarray(least + np.maximum(steps, 0) * step)
