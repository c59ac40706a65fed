"""The tables of a file of the trading configuration, each of whose keys is declared once.

`config.world` reads a file by these declarations; docs/reference/world.md is made from them.
"""

from __future__ import annotations

from config.account_tables import Account, Strategy, Subscription, SymbolMap
from config.broker_tables import Broker, Instance, Instruments
from config.fields import Section

TABLES: dict[str, type[Section]] = {
    "brokers": Broker,
    "instruments": Instruments,
    "instances": Instance,
    "accounts": Account,
    "strategies": Strategy,
    "subscriptions": Subscription,
    "symbol_map": SymbolMap,
}
