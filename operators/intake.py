"""Intake: which signals of a batch are new, which came before, and which are refused.

Identities lie on Redis, one hash per signal stream and UTC day. The entry that registered an
identity is the original for every shard and every replay, and its record holds the target
last accepted before it, so that all of them resolve it alike. Only shards reach the registry
in stream order; a race between two is settled by HSETNX, and both read what was kept.
"""

import numpy as np
import redis

from config import faults
from operators.admitted import Admitted, sort_out
from operators.identities import claim, key_of
from operators.shard_parts import StrategyStatus
from operators.targets import Targets
from rules.identity import Original
from rules.validation import Validated
from schema.codes import ReasonCode
from schema.enums import Action


class Intake:
    """The registry of identities and targets on Redis.

    Args:
        client: Replies must be bytes.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._targets = Targets(client)

    def admit(self, batch: Validated, strategy_status: StrategyStatus) -> Admitted:
        """Sort a batch into originals, resends and rejections; one trip, or three with targets.

        Args:
            batch: In stream order.
            strategy_status: Gives NONE, UNKNOWN_STRATEGY or STRATEGY_INACTIVE for each key.
                A signal that it refuses, and that was not accepted before, claims no identity.

        Raises:
            redis.RedisError: Nothing is lost by trying again with the same batch.
        """
        signals = batch.signals
        if not len(signals):
            return sort_out(batch, [], {}, np.zeros(0))
        codes = list(strategy_status(signals.strategy.tolist()))
        places = list(
            zip(
                signals.entry_ms.tolist(),
                signals.entry_seq.tolist(),
                signals.entry_row.tolist(),
                strict=True,
            )
        )
        if (signals.action == Action.TARGET).any():
            known = self._targets.claim(signals, places, codes)
        else:
            known = claim(self._client, signals, places, codes)
        last = np.full(len(signals), np.nan)
        originals: list[int] = []
        others: dict[int, Original | ReasonCode] = {}
        faults.point("trade.registered", redis.ConnectionError)
        for row, place in enumerate(places):
            found = known.get(key_of(signals, row))
            if found is None:
                others[row] = codes[row]
            elif found.place == place:
                originals.append(row)
                last[row] = found.last
            elif found.place > place:
                # It was refused when it came, or its identity could not have come later.
                others[row] = codes[row] or ReasonCode.STRATEGY_INACTIVE
            elif found.content == signals.content_hash[row].tobytes():
                others[row] = found
            else:
                others[row] = ReasonCode.IDENTITY_REUSED
        self._targets.advance(signals, originals, last)
        return sort_out(batch, originals, others, last)
