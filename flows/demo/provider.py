"""A signal provider who trades: each alert follows from the positions that he believes to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_PREFIXES = ("", "", "OANDA:", "FX:")
_CONTRACTS = 10_000
_METALS = ("GOLD", "XAUUSD")
# Closing before the book grows long: an account may hold few trades at once.
_MOST_ADDED = 2


@dataclass
class Believed:
    """What the provider thinks of one symbol."""

    side: int = 0  # 1 long, -1 short
    opens: int = 0
    size: int = 0  # signed contracts, for targets
    pending: int = 0


class Provider:
    """Makes one alert after the other, as an indicator or a Pine strategy would."""

    def __init__(
        self,
        rng: random.Random,
        symbols: Sequence[str],
        price: Callable[[str, float], tuple[float, float]],
    ) -> None:
        self._rng = rng
        self._symbols = list(symbols)
        self._price = price
        self._books: dict[tuple[str, str], Believed] = {}
        self._made = 0

    def next(self, strategy: str, at: float) -> dict[str, Any]:
        """The next alert's fields."""
        rng = self._rng
        symbol = rng.choice(self._symbols)
        book = self._books.setdefault((strategy, symbol), Believed())
        # A third of the symbols are traded by a Pine strategy, which sends targets.
        by_target = self._symbols.index(symbol) % 3 == 1
        body: dict[str, Any] = {"strategy": strategy, "symbol": rng.choice(_PREFIXES) + symbol}
        body |= self._target(book, symbol) if by_target else self._indicator(book, symbol, at)
        return self._signed(body, strategy, at)

    def pending(self) -> list[tuple[str, str]]:
        """Strategies and symbols with pending orders that may still wait for their price."""
        return [place for place, book in self._books.items() if book.pending]

    def cancel(self, strategy: str, symbol: str, at: float) -> dict[str, Any]:
        """The alert that cancels what is pending."""
        self._books[strategy, symbol].pending = 0
        return self._signed(
            {"strategy": strategy, "symbol": symbol, "action": "cancel"}, strategy, at
        )

    def _signed(self, body: dict[str, Any], strategy: str, at: float) -> dict[str, Any]:
        """Add what makes an alert one of its own, and what only people read."""
        rng = self._rng
        self._made += 1
        body["fired_at"] = f"{{now+{at:.3f}}}"
        if rng.random() < 0.5:
            body["signal_id"] = f"{strategy}-{self._made}"
        if rng.random() < 0.1:
            body["comment"] = rng.choice(("breakout", "retest of the high", "Ausbruch über 1.10 ✓"))
        if rng.random() < 0.1:
            body |= {"interval": rng.choice(("5", "15", "60")), "exchange": "OANDA"}
        if rng.random() < 0.05:
            body["action"] = str(body["action"]).upper()
        return body

    def _target(self, book: Believed, symbol: str) -> dict[str, Any]:
        rng, before = self._rng, book.size
        sizes = [0, _CONTRACTS, -_CONTRACTS, 2 * _CONTRACTS, -2 * _CONTRACTS, before // 2]
        others = [size for size in sizes if size != before]
        # Now and then the strategy confirms what it has.
        book.size = after = before if rng.random() < 0.03 else rng.choice(others)
        # An order of no contracts is none, and its alert would not name them.
        traded = {"contracts": str(abs(after - before))} if after != before else {}
        return {
            "action": "target",
            **traded,
            "position_size": str(after),
            "prev_position": "flat" if before == 0 else "long" if before > 0 else "short",
            "prev_position_size": str(abs(before)),
            "order_ref": rng.choice(("Long", "Short", "Close entry(s) order Long")),
        } | self._stops(0.3, symbol)

    def _indicator(self, book: Believed, symbol: str, at: float) -> dict[str, Any]:
        rng = self._rng
        if book.pending and rng.random() < 0.3:
            book.pending = 0
            return {"action": "cancel"}
        if book.side == 0 or (book.opens < _MOST_ADDED and rng.random() < 0.3):
            return self._open(book, symbol, at)
        body: dict[str, Any]
        match rng.choices(("close", "part", "side", "reverse", "modify"), (40, 15, 25, 12, 8))[0]:
            case "part":
                body = {"action": "close", "fraction": rng.choice(("0.5", "0.25", 0.3))}
            case "reverse":
                book.side, book.opens = -book.side, 1
                body = {"action": "reverse"} | self._volume() | self._stops(0.8, symbol)
            case "modify":
                body = {"action": "modify"} | self._levels(book.side, symbol, at)
            case how:
                one_side = "close_long" if book.side > 0 else "close_short"
                book.side = book.opens = 0
                body = {"action": "close" if how == "close" else one_side}
        return body

    def _open(self, book: Believed, symbol: str, at: float) -> dict[str, Any]:
        rng = self._rng
        side = book.side or rng.choice((1, -1))
        body: dict[str, Any] = {"action": "buy" if side > 0 else "sell"} | self._volume()
        bid, ask = self._price(symbol, at)
        kind = rng.random()
        if kind < 0.8:
            book.side, book.opens = side, book.opens + 1
            return (
                body
                | {"price": _price_text(ask if side > 0 else bid)}
                | (
                    self._stops(0.8, symbol)
                    if rng.random() < 0.7
                    else self._levels(side, symbol, at)
                )
            )
        book.pending += 1
        away = rng.uniform(0.0005, 0.003)
        if kind < 0.9:
            body |= {"order_type": "limit", "price": _price_text(bid * (1 - side * away))}
        else:
            body |= {"order_type": "stop", "stop_price": _price_text(ask * (1 + side * away))}
        if rng.random() < 0.5:
            body["expires_at"] = f"{{now+{at + rng.uniform(20, 3600):.3f}}}"
        return body | self._stops(0.8, symbol)

    def _volume(self) -> dict[str, Any]:
        volume = self._rng.choice(("0.10", "0.20", "0.50", "1", 0.3))
        return {"volume": volume}

    def _stops(self, share: float, symbol: str) -> dict[str, Any]:
        rng = self._rng
        if rng.random() > share:
            return {}
        if rng.random() < 0.7:
            # A pip of gold is a cent.
            size = 20 if symbol in _METALS else 1
            return {
                "sl_pips": str(rng.randint(15, 60) * size),
                "tp_pips": rng.randint(20, 120) * size,
            }
        return {"sl_percent": f"{rng.uniform(0.2, 0.6):.2f}"}

    def _levels(self, side: int, symbol: str, at: float) -> dict[str, Any]:
        bid, ask = self._price(symbol, at)
        return {
            "stop_loss": _price_text(bid * (1 - side * self._rng.uniform(0.003, 0.008))),
            "take_profit": _price_text(ask * (1 + side * self._rng.uniform(0.003, 0.01))),
        }


def _price_text(price: float) -> str:
    """As many digits as brokers of such a price quote."""
    return f"{price:.{5 if price < 20 else 3 if price < 1000 else 2}f}"
