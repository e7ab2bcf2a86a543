"""Figures set against a raw baseline taken in the same run on the same data. Nothing here passes or fails.

A benchmark is a function in a module ``bench/bench_<topic>.py``::

    @benchmark("catalog list, 50 rows", baseline="the same rows by bare SQL", goal="p95 under 300 ms")
    def catalog_list() -> Figures:
        return compare(page, query, rounds=50)

`make bench` runs all; ``make bench ARGS="list"`` those whose name contains the word.
"""
