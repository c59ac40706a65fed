"""What a trade's lots are worth in the account's currency."""

import polars as pl

from rules.kpi.codes import names

# Symbols of anything else (gold, indices, shares) are taken to be quoted in the account's currency.
CURRENCIES = pl.Enum([
    "AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "JPY", "MXN", "NOK",
    "NZD", "PLN", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
])  # fmt: skip


def notional(trades: pl.DataFrame, currency: pl.Series) -> pl.Series:
    """Return lots x contract x price, converted to `currency`; null where a part is unknown.

    Of a pair whose base is the account's currency, the lots are that currency already. A pair
    quoted in a third currency is converted by the rate inside its pip's value, which is
    pip x contract x rate per lot; a pip of a pair is 0.0001, and 0.01 of one quoted in yen.

    Args:
        trades: rows with symbol (an Enum), lots, contract, entry_price and pip_value.
        currency: of each row's account.
    """
    symbol = trades["symbol"].to_physical()
    pairs = _pairs(names(trades["symbol"]))
    rows = trades.select("lots", "contract", "entry_price", "pip_value").with_columns(
        pairs["base"].gather(symbol),
        pairs["quote"].gather(symbol),
        pairs["pip"].gather(symbol),
        currency.cast(CURRENCIES, strict=False).alias("currency"),
    )
    units = pl.col("lots") * pl.col("contract")
    converted = pl.col("lots") * pl.col("entry_price") * pl.col("pip_value") / pl.col("pip")
    return rows.select(
        notional=pl.when(pl.col("base") == pl.col("currency"))
        .then(units)
        .when(pl.col("quote").is_not_null() & pl.col("quote").ne_missing(pl.col("currency")))
        .then(converted)
        .otherwise(units * pl.col("entry_price"))
    ).to_series()


def _pairs(symbols: pl.Series) -> pl.DataFrame:
    """Return base, quote and pip of each symbol, null where it is no pair of currencies."""
    name = symbols.alias("symbol").to_frame().lazy()
    base, quote = (
        pl.col("symbol").str.slice(at, 3).cast(CURRENCIES, strict=False) for at in (0, 3)
    )
    both = base.is_not_null() & quote.is_not_null()
    pip = pl.when(quote == "JPY").then(0.01).otherwise(0.0001)
    return name.select(
        base=pl.when(both).then(base), quote=pl.when(both).then(quote), pip=pl.when(both).then(pip)
    ).collect()
