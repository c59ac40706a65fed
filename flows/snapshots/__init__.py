"""Flow snapshots: what each day brought each account, from the books into both stores.

    plan (which days) > books (a store) > rows (rules.daily) > what differs > both stores

Nothing is remembered beside the rows themselves and one mark per account partition, which says how
far versions of the books were looked at. So it may be killed anywhere and started again, and a run
that has nothing to change writes nothing.
"""
