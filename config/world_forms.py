"""What tables of the trading configuration's file share: forms of keys, states, bounds."""

from schema.enums import Status

KEY = r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,62}[A-Za-z0-9])?"
KEY_FORM = "1 to 64 letters, digits and . _ : -"
CURRENCY = r"[A-Z][A-Z0-9]{2,7}"
CURRENCY_FORM = "a currency code in capitals"
STATUS = Status.words()
MOST_LOTS = 10_000_000
