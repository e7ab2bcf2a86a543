from collection.models.consent import ConsentRecord, ConsentText, SubjectKey, SubjectRequest
from collection.models.dataset import Dataset, DatasetVersion
from collection.models.duty import (
    CollectionDuty,
    DigitisationReport,
    DutyCheck,
    DutyDecision,
    DutyFinding,
    DutyItem,
    DutyRevision,
    LeadSource,
)
from collection.models.erasure import Erasure
from collection.models.run import Run, RunNote, RunProblem

__all__ = [
    "CollectionDuty",
    "ConsentRecord",
    "ConsentText",
    "Dataset",
    "DatasetVersion",
    "DigitisationReport",
    "DutyCheck",
    "DutyDecision",
    "DutyFinding",
    "DutyItem",
    "DutyRevision",
    "Erasure",
    "LeadSource",
    "Run",
    "RunNote",
    "RunProblem",
    "SubjectKey",
    "SubjectRequest",
]
