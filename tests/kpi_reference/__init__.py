"""What other libraries say a KPI is: their values on accounts that every machine can make again.

`python -m tests.kpi_reference` makes an environment of its own for the libraries, asks each for
its values, and writes `values.json`, which is committed. The suite needs none of the libraries:
it makes the same accounts from their seeds with NumPy, and compares.
"""
