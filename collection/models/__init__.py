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
from collection.models.quality import QualityReport, QualityRule
from collection.models.run import Run, RunNote, RunProblem
from collection.models.source import Destination, Source, SourceSlot

__all__ = [
    "CollectionDuty",
    "ConsentRecord",
    "ConsentText",
    "Dataset",
    "DatasetVersion",
    "Destination",
    "DigitisationReport",
    "DutyCheck",
    "DutyDecision",
    "DutyFinding",
    "DutyItem",
    "DutyRevision",
    "Erasure",
    "LeadSource",
    "QualityReport",
    "QualityRule",
    "Run",
    "RunNote",
    "RunProblem",
    "Source",
    "SourceSlot",
    "SubjectKey",
    "SubjectRequest",
]
