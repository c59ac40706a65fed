"""Currencies: in how many decimals results of trades are counted."""

from collections.abc import Mapping

import polars as pl

_CENTS = 2
# Those of ISO 4217 that have another number than two, and coins that accounts are kept in.
_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("XRP", "USDC", "USDT"), 6),
    **dict.fromkeys(("BCH", "BTC", "ETH", "LTC"), 8),
}
# No currency has more decimals: to so many a sum of rounded results is rounded, which takes away
# nothing but what doubles add.
FINEST = max(_DIGITS.values())


def digits(currency: pl.Series) -> pl.Series:
    """Return in how many decimals amounts of each currency are counted; 2 where none is known."""
    return currency.replace_strict(_DIGITS, default=_CENTS, return_dtype=pl.Int64)


def rounded(amount: pl.Expr, currency: pl.Series) -> pl.Expr:
    """Return amounts to the decimals of their currency.

    Args:
        amount: in account currency.
        currency: of each row's account.
    """
    places = digits(currency)
    found = places.unique().sort().to_list()
    if len(found) <= 1:
        return amount.round(found[0] if found else _CENTS)
    made = amount.round(FINEST)
    for each in found:
        made = pl.when(pl.lit(places) == each).then(amount.round(each)).otherwise(made)
    return made
