from collection.selectors.dataset import (
    columns_wanted,
    dataset_get_for,
    dataset_list_for,
    datasets_of,
    pinned_version,
    version_get,
    versions_of,
)
from collection.selectors.run import run_get_for, run_list_for, run_open_of, runs_of

__all__ = [
    "columns_wanted",
    "dataset_get_for",
    "dataset_list_for",
    "datasets_of",
    "pinned_version",
    "run_get_for",
    "run_list_for",
    "run_open_of",
    "runs_of",
    "version_get",
    "versions_of",
]
