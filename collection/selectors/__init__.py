from collection.selectors.dataset import (
    SETTINGS,
    columns_of_dataset,
    dataset_get_for,
    dataset_list_for,
    datasets_of,
    pinned_version,
    settings_version,
    version_before,
    version_get,
    versions_of,
)
from collection.selectors.run import run_get_for, run_list_for, run_open_of, runs_of
from collection.store.columns import columns_wanted

__all__ = [
    "SETTINGS",
    "columns_of_dataset",
    "columns_wanted",
    "dataset_get_for",
    "dataset_list_for",
    "datasets_of",
    "pinned_version",
    "run_get_for",
    "run_list_for",
    "run_open_of",
    "runs_of",
    "settings_version",
    "version_before",
    "version_get",
    "versions_of",
]
