"""A tear sheet: one account on one page, as a file that needs nothing but a browser.

`page.render` makes it from frames and figures that were computed before; nothing here reads a
store, computes a KPI or knows the time.
"""
