"""ClickHouse for one machine: the chdb engine in a process of its own, behind HTTP.

`process` starts and stops that process; everything else runs inside it.
"""
