from libraries.services.build import build_ask, builds_catch_up, builds_sweep
from libraries.services.consent import part_answer
from libraries.services.part import lineage_set, part_add, part_move, part_remove, part_update

__all__ = [
    "build_ask",
    "builds_catch_up",
    "builds_sweep",
    "lineage_set",
    "part_add",
    "part_answer",
    "part_move",
    "part_remove",
    "part_update",
]
