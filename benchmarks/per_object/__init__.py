"""The rules of the decision plane, one Python object per pair, order and trade.

They stand beside the columnar ones for two reasons: tests prove that both decide alike on
random cases, and benchmarks measure what columns gain.
"""
