"""Articles of law that the code cites. The register people pick from is ``workflow.LegalBasis``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """A document and an article of it, e.g. Regulation on Government Data Sharing, Art. 17."""

    document: str
    article: str

    def __str__(self) -> str:
        return f"{self.document} {self.article}"


INTERNAL_RULE = "internal rule"
"""The basis of what no law names: see docs/adr."""

REGULATION_809 = "政务数据共享条例"
"""State Council Decree No. 809, in force since 2025-08-01."""

CATALOG_REQUIRED_CONTENT = Citation(REGULATION_809, "第十三条")
SHARING_ATTRIBUTES = Citation(REGULATION_809, "第十四条")
CONDITIONS_AND_REASONS = Citation(REGULATION_809, "第十五条")
CATALOG_REVIEW = Citation(REGULATION_809, "第十六条")
CATALOG_UPDATE = Citation(REGULATION_809, "第十七条")
NO_REPEAT_COLLECTION = Citation(REGULATION_809, "第十九条")
NO_SECRETS = Citation(REGULATION_809, "第三条")
SHARING_OFFICE = Citation(REGULATION_809, "第十一条")
SHARE_REQUESTS = Citation(REGULATION_809, "第二十条")
REPLY_TO_REQUESTS = Citation(REGULATION_809, "第二十一条")
DELIVERY_OF_DATA = Citation(REGULATION_809, "第二十二条")
LIMITS_OF_USE = Citation(REGULATION_809, "第二十五条")
CORRECTION_OF_DATA = Citation(REGULATION_809, "第二十六条")
SUSPENSION_OF_SHARING = Citation(REGULATION_809, "第二十七条")
DISPUTES = Citation(REGULATION_809, "第二十八条")
USAGE_RECORDS = Citation(REGULATION_809, "第二十九条")
CONTRACTORS = Citation(REGULATION_809, "第三十六条")
