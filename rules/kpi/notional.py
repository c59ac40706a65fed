"""What a trade's lots are worth in the account's currency."""

import polars as pl

# The other symbols (gold, indices, shares) are taken to be quoted in the account's currency.
CURRENCIES = (
    "AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "JPY", "MXN", "NOK",
    "NZD", "PLN", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
)  # fmt: skip


def notional(currency: pl.Expr) -> pl.Expr:
    """Return lots x contract x price, converted to `currency`; null where a part is unknown.

    Of a pair whose base is the account's currency, the lots are that currency already. A pair
    quoted in a third currency is converted by the rate inside its pip's value, which is
    pip x contract x rate per lot; a pip of a pair is 0.0001, and 0.01 of one quoted in yen.
    """
    base, quote = pl.col("symbol").str.slice(0, 3), pl.col("symbol").str.slice(3, 3)
    pair = base.is_in(CURRENCIES) & quote.is_in(CURRENCIES)
    units = pl.col("lots") * pl.col("contract")
    pip = pl.when(quote == "JPY").then(0.01).otherwise(0.0001)
    converted = pl.col("lots") * pl.col("entry_price") * pl.col("pip_value") / pip
    return (
        pl.when(base == currency)
        .then(units)
        .when(pair & (quote != currency))
        .then(converted)
        .otherwise(units * pl.col("entry_price"))
    )
