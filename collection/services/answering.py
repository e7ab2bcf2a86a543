"""Which rejected rows the rows of a correction answer: whoever sends the whole file again has corrected none by that.

A row answers a rejected one that has its key. Where the key itself was wrong, or the data have none, it answers one
that has the same in all that was not wrong. Each rejected row is answered once.
"""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from collection import evidence
from collection.choices import Rule
from collection.matching import OPERATION
from collection.models import Run
from collection.selectors.run import lines_corrected
from collection.services.work import Work
from collection.store import staging
from collection.store.columns import Column

_OF_KEY = (Rule.KEY_EMPTY, Rule.KEY_TWICE, Rule.KEY_LENGTH)
_OF_ROW = (Rule.CELLS,)
"""What is wrong with the whole row: cells of others may stand below each column."""

MOST_LOOKED_AT = 100_000
"""Of so many rejected rows it is looked which are answered; those beyond stay rejected."""

MOST_SETS = 64
"""In so many different sets of items rows may have to agree; each row of a correction is looked up in all of them."""


class _Rejected:
    """The rejected rows of a run, found by what a corrected one has in common with them."""

    def __init__(self, run: Run, columns: Sequence[Column], filled: Sequence[str]) -> None:
        labels = {item: label for label, item in run.mapping.items() if item in filled and item != OPERATION}
        keys = {one.item for one in columns if one.is_key}
        self.problems: dict[int, list[tuple[str | None, str]]] = {}
        self._lines: dict[frozenset[str], dict[bytes, deque[int]]] = defaultdict(lambda: defaultdict(deque))
        name, context = str(run.rejects.name), evidence.context_of(run.pk, "rejects")
        for line in evidence.lines_of(name, context, most=MOST_LOOKED_AT):
            problems = [(item, rule) for item, rule in line["problems"]]
            cells = {item: line["cells"].get(label) or "" for item, label in labels.items()}
            shared = _shared(problems, keys, set(labels))
            self.problems[line["row"]] = problems
            if shared not in self._lines and len(self._lines) >= MOST_SETS:
                continue
            self._lines[shared][_of(cells, shared)].append(line["row"])
        self._by_width = sorted(self._lines, key=len, reverse=True)
        if keys and (by_key := frozenset(keys)) in self._lines:  # a key says more than all the rest
            self._by_width.remove(by_key)
            self._by_width.insert(0, by_key)

    def take(self, cells: dict[str, str]) -> int | None:
        """Return the rejected row that a row answers; none is given twice."""
        for shared in self._by_width:
            lines = self._lines[shared].get(_of(cells, shared))
            if lines:
                return lines.popleft()
        return None


def _shared(problems: Sequence[tuple[str | None, str]], keys: set[str], items: set[str]) -> frozenset[str]:
    """Return the items in which a row has to be as a rejected one to answer it."""
    wrong = {item for item, _rule in problems if item is not None}
    rules = {rule for _item, rule in problems}
    if rules & set(_OF_ROW):
        return frozenset()
    if not rules.isdisjoint(_OF_KEY):
        wrong |= keys
    if keys and not keys & wrong:
        return frozenset(keys)
    return frozenset(items - wrong)


def _of(cells: dict[str, str], items: frozenset[str]) -> bytes:
    """Return a digest of the cells in which two rows have to agree: wide rows are held for a hundred thousand lines."""
    shared = json.dumps([(item, cells.get(item, "").strip()) for item in sorted(items)])
    return blake2b(shared.encode(), digest_size=16).digest()


def answers_find(work: Work, columns: Sequence[Column], labels: Sequence[str]) -> None:
    """Note which rejected rows the staged cells of a correction answer, those that are wrong again among them."""
    run, corrected = work.run, work.run.corrects
    if corrected is None:
        return
    run.answers = {}
    if corrected.rejects:
        positions = {
            item: at for at, label in enumerate(labels) if (item := run.mapping.get(label)) and item != OPERATION
        }
        rejected = _Rejected(corrected, columns, list(positions))
        taken: list[int] = []
        again: dict[str, int] = {}
        for line, cells, is_bad in staging.raw_rows(work.stage, len(labels)):
            found = rejected.take({item: cells[at] or "" for item, at in positions.items()})
            if found is None:
                continue
            if is_bad:
                again[str(line)] = found
            else:
                taken.append(found)
        before = lines_corrected(corrected)
        found_now = {"mended": taken, "wrong": again.values()}
        run.answers = {"taken": taken, "again": again} | {
            name: _tally(rejected, [one for one in lines if one not in before], corrected)
            for name, lines in found_now.items()
        }
    work.save("answers")


def _tally(rejected: _Rejected, lines: Sequence[int], corrected: Run) -> list[list[Any]]:
    """Return [rule, label, count] of rejected rows, as problems are told apart in the score."""
    labels = {(str(one.item) if one.item else None, one.rule): one.label for one in corrected.problems.all()}
    found = Counter(problem for line in lines for problem in rejected.problems[line])
    return [[rule, labels.get((item, rule), ""), count] for (item, rule), count in found.items()]
