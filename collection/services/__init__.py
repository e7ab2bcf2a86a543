from collection.services.dataset import dataset_hook, dataset_retire, dataset_update
from collection.services.quality_rule import (
    quality_limit_set,
    quality_rule_add,
    quality_rule_remove,
    quality_rule_replace,
    quality_rule_try,
)
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
    "quality_limit_set",
    "quality_rule_add",
    "quality_rule_remove",
    "quality_rule_replace",
    "quality_rule_try",
    "rejects_read",
    "run_cancel",
    "run_confirm",
    "run_resubmit",
    "run_rollback",
    "run_upload",
]
