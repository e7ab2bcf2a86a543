"""Keeping the classification tree and the libraries."""

import re
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Department
from audit import services as audit
from catalog import policies
from catalog.choices import CategoryLevel, LibraryKind
from catalog.models import Category, Library, LibraryGroupObjectPermission
from catalog.selectors import classification as selectors
from catalog.signals import library_lead_changed
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation

_CHILD = {
    CategoryLevel.CLASS: (CategoryLevel.GROUP, re.compile(r"\d{2}")),
    CategoryLevel.GROUP: (CategoryLevel.ORDER, re.compile(r"\d{3}")),
    CategoryLevel.ORDER: (CategoryLevel.SUBORDER, re.compile(r"\d{1,6}")),
}
"""What stands below a level, and the digits it adds to the code (2017 guide: 类 1, 项 2, 目 3, 细目 any)."""

_LIBRARY_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


@transaction.atomic
def category_create(*, actor: Actor, parent_code: str, digits: str, name: str) -> Category:
    """Add a node below another; its code is the parent's with ``digits`` behind.

    Raises:
        NotAllowed: the actor is no reviewer of an authority. NotVisible: no such parent.
        RuleViolation: the digits do not fit the level, the code exists, or the name is empty.
    """
    policies.require_administer_classification(actor)
    parent = selectors.category_get(parent_code)
    if parent.level not in _CHILD:
        raise RuleViolation([FieldError("parent", "too_deep", _("A suborder has no level below it."))])
    level, form = _CHILD[CategoryLevel(parent.level)]
    errors = []
    if not form.fullmatch(digits):
        message = _(
            "The code of this level does not have this form: 2 digits for a group, 3 for an order, up to 6 below."
        )
        errors.append(FieldError("digits", "form", message))
    elif Category.objects.filter(code=parent.code + digits).exists():
        errors.append(
            FieldError("digits", "duplicate", _("The code %(code)s exists.") % {"code": parent.code + digits})
        )
    if not name.strip():
        errors.append(FieldError("name", "required", _("Give the category a name.")))
    if errors:
        raise RuleViolation(errors)
    category = Category.objects.create(code=parent.code + digits, name=name.strip(), level=level, parent=parent)
    audit.record(actor, "catalog.category.create", category, after={"code": category.code, "name": category.name})
    return category


@transaction.atomic
def category_edit(*, actor: Actor, code: str, name: str, is_active: bool) -> Category:
    """Rename a category, or close it to new filings; its code never changes and is never reused.

    Closing takes everything below along; opening again is done for each.

    Raises:
        NotAllowed, NotVisible: as for ``category_create``. RuleViolation: the name is empty.
    """
    policies.require_administer_classification(actor)
    category = Category.objects.select_for_update().filter(code=code).first()
    if category is None:
        raise NotVisible
    if not name.strip():
        raise RuleViolation([FieldError("name", "required", _("Give the category a name."))])
    before = {"name": category.name, "is_active": category.is_active}
    category.name, category.is_active = name.strip(), is_active
    category.save(update_fields=["name", "is_active"])
    after: dict[str, Any] = {"name": category.name, "is_active": is_active}
    if before["is_active"] and not is_active:
        below = Category.objects.select_for_update().filter(code__startswith=code, is_active=True).order_by("code")
        after["closed_below"] = [one.code for one in below]
        Category.objects.filter(code__in=after["closed_below"]).update(is_active=False)
    audit.record(actor, "catalog.category.edit", category, before=before, after=after)
    return category


@transaction.atomic
def library_create(*, actor: Actor, code: str, name: str, description: str = "") -> Library:
    """Set up a theme library; its lead department is named afterwards. The base libraries are given.

    Raises:
        NotAllowed: the actor is no reviewer of an authority.
        RuleViolation: the code does not have the form, or exists; the name is empty.
    """
    policies.require_administer_classification(actor)
    errors = []
    if not _LIBRARY_CODE.fullmatch(code):
        message = _("Use lower-case letters, digits and dashes, at most 50 characters.")
        errors.append(FieldError("code", "form", message))
    elif Library.objects.filter(code=code).exists():
        errors.append(FieldError("code", "duplicate", _("The code %(code)s exists.") % {"code": code}))
    if not name.strip():
        errors.append(FieldError("name", "required", _("Give the library a name.")))
    if errors:
        raise RuleViolation(errors)
    library = Library.objects.create(
        code=code, name=name.strip(), description=description.strip(), kind=LibraryKind.THEME
    )
    audit.record(actor, "catalog.library.create", library, after={"code": code, "name": library.name})
    return library


@transaction.atomic
def library_lead_set(*, actor: Actor, code: str, department_code: str) -> Library:
    """Name the lead department of a library: from now on it alone edits it.

    Raises:
        NotAllowed: the actor is no reviewer of an authority. NotVisible: no such library.
        RuleViolation: there is no such department.
    """
    policies.require_administer_classification(actor)
    library = Library.objects.select_for_update().filter(code=code).first()
    if library is None:
        raise NotVisible
    department = Department.objects.filter(code=department_code, valid_to__isnull=True).first()
    if department is None:
        message = _("There is no department “%(code)s”.") % {"code": department_code}
        raise RuleViolation([FieldError("department", "unknown", message)])
    before = library.lead_department.code if library.lead_department else ""
    for held in LibraryGroupObjectPermission.objects.filter(content_object=library).select_related("group"):
        remove_perm("catalog.edit_library", held.group, library)
    permission = Permission.objects.get(content_type__app_label="catalog", codename="edit_library")
    assign_perm(permission, department.group, library)
    library.lead_department = department
    library.save(update_fields=["lead_department"])
    audit.record(actor, "catalog.library.set_lead", library, before={"lead": before}, after={"lead": department.code})
    library_lead_changed.send(sender=Library, library=library, actor=actor)
    return library


@transaction.atomic
def library_edit(*, actor: Actor, code: str, name: str, description: str) -> Library:
    """Change a library's name and description; only its lead department may.

    Raises:
        NotVisible, NotAllowed: see ``policies.require_edit_library``. RuleViolation: the name is empty.
    """
    library = Library.objects.select_for_update(of=("self",)).filter(code=code).first()
    if library is None:
        raise NotVisible
    policies.require_edit_library(actor, library)
    if not name.strip():
        raise RuleViolation([FieldError("name", "required", _("Give the library a name."))])
    before = {"name": library.name, "description": library.description}
    library.name, library.description = name.strip(), description.strip()
    library.save(update_fields=["name", "description"])
    audit.record(
        actor, "catalog.library.edit", library, before=before, after={"name": name, "description": description}
    )
    return library
