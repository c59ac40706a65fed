"""Daily snapshots: what each day brought each account, in UTC and in its own zone.

    books > stamp > activity, marked > calendar > chain > rows

Pure functions over Polars columns. Money is whole numbers of 1e-8 of the account's currency, so
that sums are exact and do not depend on how history was cut into pieces.
"""
