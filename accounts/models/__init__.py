"""Tables of the app, one module per entity."""

from accounts.models.department import (
    Department,
    DepartmentAlias,
    DepartmentAttachment,
    DepartmentEvent,
    DepartmentName,
)
from accounts.models.region import Region
from accounts.models.security import PreviousPassword, SecurityPolicy, UserSession
from accounts.models.system import InformationSystem
from accounts.models.user import RoleAssignment, User

__all__ = [
    "Department",
    "DepartmentAlias",
    "DepartmentAttachment",
    "DepartmentEvent",
    "DepartmentName",
    "InformationSystem",
    "PreviousPassword",
    "Region",
    "RoleAssignment",
    "SecurityPolicy",
    "User",
    "UserSession",
]
