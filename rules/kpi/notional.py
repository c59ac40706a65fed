"""What a trade's lots are worth in the account's currency."""

import polars as pl

from rules.kpi.codes import names
from schema.currencies import CODES

CURRENCIES = pl.Enum(CODES)
# Pairs of these have a pip of 0.0001 at every broker, and of 0.01 where they are quoted in yen. Of
# others brokers do not agree: a pip of HUF may be 0.01 and of CZK 0.001.
_USUAL = ("AUD", "CAD", "CHF", "DKK", "EUR", "GBP", "JPY", "NOK", "NZD", "SEK", "SGD", "USD")
_NEAR = 0.02  # of a power of ten, by which pips and prices that are rounded may miss it


def notional(trades: pl.DataFrame, currency: pl.Series) -> pl.Series:
    """Return lots x contract x price, converted to `currency`; null where a part is unknown.

    Of a pair whose base is the account's currency, the lots are that currency already. What is
    quoted in another currency is converted by the rate inside its pip's value, which is
    pip x contract x rate per lot. The pip is the usual one of a pair of large currencies, else the
    one by which the trade's own pips follow from its prices; where there is neither, the notional
    is null. A symbol that is no pair and names no currency (`US30`, a share) is taken to be quoted
    in another one than the account's: whether it is cannot be told.

    Args:
        trades: rows with symbol (an Enum), lots, contract, entry_price, exit_price, pips and
            pip_value.
        currency: of each row's account.
    """
    symbol = trades["symbol"].to_physical()
    pairs = _pairs(names(trades["symbol"]))
    rows = trades.select(
        "lots", "contract", "entry_price", "exit_price", "pips", "pip_value"
    ).with_columns(
        pairs["base"].gather(symbol),
        pairs["quote"].gather(symbol),
        pairs["pip"].gather(symbol),
        currency.cast(CURRENCIES, strict=False).alias("currency"),
    )
    units = pl.col("lots") * pl.col("contract")
    pip = pl.coalesce("pip", _own_pip())
    converted = pl.col("lots") * pl.col("entry_price") * pl.col("pip_value") / pip
    return rows.select(
        notional=pl.when(pl.col("base") == pl.col("currency"))
        .then(units)
        .when(pl.col("quote") == pl.col("currency"))
        .then(units * pl.col("entry_price"))
        .otherwise(converted)
    ).to_series()


def _own_pip() -> pl.Expr:
    """Return the power of ten that a pip of the trade is, null where its rows do not tell."""
    moved = (pl.col("exit_price") - pl.col("entry_price")).abs()
    size = pl.when((pl.col("pips") != 0) & (moved > 0)).then(moved / pl.col("pips").abs())
    power = (10.0 ** size.log10().round()).cast(pl.Float64)
    return pl.when((size / power - 1).abs() <= _NEAR).then(power)


def _pairs(symbols: pl.Series) -> pl.DataFrame:
    """Return base, quote and usual pip of each symbol, null where it has none.

    Metals and coins have a quote and no base: the base is then no currency.
    """
    name = symbols.alias("symbol").to_frame().lazy()
    base, quote = (
        pl.col("symbol").str.slice(at, 3).cast(CURRENCIES, strict=False) for at in (0, 3)
    )
    usual = base.is_in(_USUAL) & quote.is_in(_USUAL)
    pip = pl.when(quote == "JPY").then(0.01).otherwise(0.0001)
    return name.select(
        base=pl.when(quote.is_not_null()).then(base), quote=quote, pip=pl.when(usual).then(pip)
    ).collect()
