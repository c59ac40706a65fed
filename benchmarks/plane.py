"""The decision plane over a small world: what the steps route, size and guard do together."""

from benchmarks.worlds import SmallWorld
from rules.asked import Asked, Decided
from rules.deciding import decide, with_variants
from rules.links import Links
from rules.routing import route
from rules.sizing import size
from rules.state import State


def decide_all(world: SmallWorld, state: State, links: Links) -> Decided:
    """What the steps route, size and guard do with one batch."""
    signals, intents, origin = with_variants(world.signals, world.intents)
    pairs = route(world.book, signals, intents, world.now)
    sized = size(world.book, signals, intents, pairs, world.market, world.balances, world.now)
    asked = Asked(
        signals=signals,
        intents=intents,
        pairs=pairs,
        sized=sized,
        origin=origin,
        quote=world.market.ask[pairs.instrument],
    )
    return decide(state, links, asked, world.now)
