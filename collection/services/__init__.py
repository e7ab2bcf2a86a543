from collection.services.dataset import dataset_hook, dataset_retire, dataset_update
from collection.services.run import (
    original_read,
    preview_read,
    rejects_read,
    run_cancel,
    run_confirm,
    run_resubmit,
    run_rollback,
    run_upload,
)

__all__ = [
    "dataset_hook",
    "dataset_retire",
    "dataset_update",
    "original_read",
    "preview_read",
    "rejects_read",
    "run_cancel",
    "run_confirm",
    "run_resubmit",
    "run_rollback",
    "run_upload",
]
