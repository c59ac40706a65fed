"""Leases and claims on Redis: who may send which order, and that nobody else may.

Every script touches the keys of one partition, so it runs on one node of a cluster; several
partitions go out in one pipeline. Law 2 of the design rests on what the scripts refuse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from rules.claims import Claim, Held, claim_of, read_claim
from rules.errors import Fatal, Transient
from schema import keys
from schema.wire import Records, encode
from sinks.as_one import raise_first
from sinks.scripts import Call, Script, call_scripts

BATCH = 1000  # orders in one call: Lua cannot unpack more than some thousands
LEASE_MS = 10_000
WAITAOF_MS = 2000
JOURNAL_MS = 30 * 86_400_000  # how long it is remembered how far a journal has come


class OldJournal(Fatal):
    """The owner's journal has gone back: it was restored, and may miss what it has sent."""


class NotDurable(Transient):
    """Redis did not confirm in time that a write is on disk; the claim counts for nothing yet."""


@dataclass(frozen=True, kw_only=True)
class ClaimBatch:
    """Orders of one partition to be claimed: (order id, entry id of its decision)."""

    partition: int
    term: int
    orders: Sequence[tuple[bytes, str]]


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What closing came to, one element per report."""

    closed: NDArray[np.bool_]  # closed by this call
    before: NDArray[np.uint8]  # Outcome it had been closed with earlier; 0 if none
    position: str  # entry id of the reports; "" if none was closed


ACQUIRE = Script.named("acquire")
RELEASE = Script.named("release")
CLAIM = Script.named("claim")
CLOSE = Script.named("close")


class Claims:
    """Leases and claims of one executor, or of a shard that closes what nobody claimed.

    Args:
        client: Replies as bytes.
        durability: `always`: Redis answers only after its fsync. `waitaof`: each claim waits
            for the fsync and is looked at again. `lossy`: neither; simulated terminals only.
    """

    def __init__(self, client: Any, *, durability: str = "always") -> None:
        self._client = client
        self._durability = durability

    def acquire(
        self,
        partitions: Sequence[int],
        instance: UUID,
        owner: UUID,
        *,
        ttl_ms: int = LEASE_MS,
        sendings: int = 0,
    ) -> dict[int, int]:
        """Take or renew the instance's lease on each partition.

        Args:
            partitions: Of the instance's accounts.
            instance: Whose orders are to be claimed.
            owner: Id of the journal.
            ttl_ms: How long the lease lasts.
            sendings: How far the journal has come; what Redis remembers of it must not be more.

        Returns:
            The term per partition; 0 where another owner holds the lease. A lease that has
            not run out keeps its term.

        Raises:
            OldJournal: Redis has seen this journal come further than it is now.
        """
        calls = [
            Call(
                ACQUIRE,
                (keys.lease(p, instance), keys.term(p, instance), keys.journal(p, owner)),
                (owner.hex, ttl_ms, sendings, JOURNAL_MS),
            )
            for p in partitions
        ]
        replies = call_scripts(self._client, calls)
        raise_first(replies)
        terms = dict(zip(partitions, map(int, replies), strict=True))
        if any(term < 0 for term in terms.values()):
            raise OldJournal(f"journal {owner} has sent more than the file on disk says")
        return terms

    def release(self, terms: Mapping[int, int], instance: UUID, owner: UUID) -> None:
        """Give back the leases held under these terms; one that is not ours stays."""
        calls = [
            Call(RELEASE, (keys.lease(p, instance),), (f"{owner.hex}:{term}",))
            for p, term in terms.items()
        ]
        raise_first(call_scripts(self._client, calls))

    def claim(
        self,
        partition: int,
        instance: UUID,
        owner: UUID,
        term: int,
        orders: Sequence[tuple[bytes, str]],
    ) -> list[Claim]:
        """Claim orders of one partition; see `claim_all`."""
        batch = ClaimBatch(partition=partition, term=term, orders=orders)
        return self.claim_all(instance, owner, [batch])[0]

    def claim_all(
        self, instance: UUID, owner: UUID, batches: Sequence[ClaimBatch]
    ) -> list[list[Claim]]:
        """Claim orders for (owner, term), in one pipeline; one answer per order.

        An order is claimed only if the lease is the owner's and term's, the order has neither
        claim nor outcome, and its decision is still in the log. When this returns, what is
        claimed is durable.

        Raises:
            NotDurable: With `waitaof`, the fsync was not confirmed, or a claim is gone.
        """
        pieces = [
            _Piece(batch, start, batch.orders[start : start + BATCH])
            for batch in batches
            for start in range(0, len(batch.orders), BATCH)
        ]
        calls = [_claim_call(instance, owner, piece) for piece in pieces]
        replies = call_scripts(self._client, calls, self._proof(pieces))
        raise_first(replies)
        answers: dict[int, list[Claim]] = {id(batch): [] for batch in batches}
        for piece, reply in zip(pieces, replies, strict=False):
            found = [claim_of(answer) for answer in reply]
            answers[id(piece.batch)] += found or [Claim(Held.NO_LEASE)] * len(piece.orders)
        if self._durability == "waitaof" and pieces:
            _check(owner, pieces, answers, replies[len(pieces) :])
        return [answers[id(batch)] for batch in batches]

    def _proof(self, pieces: Sequence["_Piece"]) -> list[Any]:
        if self._durability != "waitaof":
            return []
        looks = [
            ("HMGET", keys.claims(piece.batch.partition), *(order for order, _ in piece.orders))
            for piece in pieces
        ]
        return [("WAITAOF", 1, 0, WAITAOF_MS), *looks]

    def holders(
        self, partition: int, order_ids: Sequence[bytes], owner: UUID, term: int
    ) -> list[Claim]:
        """Return whose each order is, as this owner and term sees it; changes nothing."""
        if not order_ids:
            return []
        values = self._client.hmget(keys.claims(partition), list(order_ids))
        return [read_claim(v, owner.hex, term) for v in values]

    def close(
        self, partition: int, reports: Records, *, owner: UUID | None = None, by: UUID | None = None
    ) -> Closing:
        """Record "not sent" outcomes, only where no claim of another forbids it.

        The same step publishes the reports of the closed orders to the partition's events and
        makes sure that nobody claims them later.

        Args:
            partition: Of all these orders.
            reports: REPORT rows with their outcomes.
            owner: Whose own claims may be closed, of any term: only orders for which that
                journal has no `sending` that may have been executed. None: unclaimed ones only.
            by: Instance or shard that reports, for the entry's `from`.
        """
        closed = np.zeros(len(reports), np.bool_)
        before = np.zeros(len(reports), np.uint8)
        calls = [
            _close_call(partition, reports[i : i + BATCH], owner, by)
            for i in range(0, len(reports), BATCH)
        ]
        replies = call_scripts(self._client, calls)
        raise_first(replies)
        answers = [claim for reply in replies for claim in map(claim_of, reply[1:])]
        for row, claim in enumerate(answers):
            closed[row] = claim.held is Held.CLAIMED
            before[row] = claim.outcome
        position = next((reply[0].decode() for reply in reversed(replies) if reply[0]), "")
        return Closing(closed=closed, before=before, position=position)

    def forget(self, partition: int, order_ids: Sequence[bytes]) -> None:
        """Drop the claims of orders whose decisions were trimmed: they cannot be claimed again."""
        for start in range(0, len(order_ids), BATCH):
            self._client.hdel(keys.claims(partition), *order_ids[start : start + BATCH])


@dataclass(frozen=True)
class _Piece:
    """What one call claims: `orders` are those of the batch from `start` on."""

    batch: ClaimBatch
    start: int
    orders: Sequence[tuple[bytes, str]]


def _claim_call(instance: UUID, owner: UUID, piece: _Piece) -> Call:
    p = piece.batch.partition
    order_ids, decisions = zip(*piece.orders, strict=True)
    return Call(
        CLAIM,
        (keys.claims(p), keys.lease(p, instance), keys.decisions(p)),
        (f"{owner.hex}:{piece.batch.term}", *order_ids, *decisions),
    )


def _check(
    owner: UUID,
    pieces: Sequence[_Piece],
    answers: Mapping[int, Sequence[Claim]],
    proof: Sequence[Any],
) -> None:
    """Raise unless the fsync was confirmed and all that was claimed is still there."""
    if int(proof[0][0]) < 1:
        raise NotDurable("Redis did not write the claims to disk in time; they wait")
    for piece, values in zip(pieces, proof[1:], strict=True):
        mine = f"{owner.hex}:{piece.batch.term}".encode()
        for claim, value in zip(answers[id(piece.batch)][piece.start :], values, strict=False):
            if claim.held in (Held.CLAIMED, Held.OURS) and value != mine:
                raise NotDurable("a claim was gone after it was written; it will be tried again")


def _close_call(partition: int, reports: Records, owner: UUID | None, by: UUID | None) -> Call:
    args: list[bytes | str | int] = [
        f"{owner.hex}:" if owner else "",
        encode(reports[:0]),
        str(by) if by else "",
    ]
    for report in reports:
        args += (report["order_id"].tobytes(), int(report["outcome"]), report.tobytes())
    return Call(CLOSE, (keys.claims(partition), keys.events(partition)), args)
