"""What the page of a dataset shows; each part is read when the template asks for it, once."""

from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.choices import EntryStatus
from catalog.models import Revision
from catalog.selectors import items_of
from collection import policies, selectors
from collection.built_data import holds_of, reason_of
from collection.choices import MODES_BY_KEY, LoadMode, SourceKind
from collection.doubts import items_doubted
from collection.face import FreshnessFace, QualityFace, freshness_face, quality_face
from collection.filetypes import BY_CONTENT_TYPE
from collection.forms import DatasetForm, FilesForm, RetireForm, UploadForm
from collection.maps import PlaceMap, map_of
from collection.measured import Measured, measured_of
from collection.models import Dataset, DatasetFile, DatasetVersion, PartialUpload, Run
from collection.origins import origins_of
from collection.outlook import DatasetOutlook, is_touched, outlook_of, revision_ahead
from collection.panels import DATASET_PANELS, UNHOOKING_PANELS
from collection.preview import Preview, preview_of
from collection.profiles import DatasetProfile, ItemProfile, profile_of
from collection.readers import FORMATS, Entitlement
from collection.readers.points import places_of
from collection.selectors.dataset import time_columns, version_named, why_not_returned
from collection.selectors.file import file_figures, files_of
from collection.selectors.run import run_open_of
from collection.selectors.source import sources_of
from collection.selectors.upload import uploads_of
from collection.services.export import preview_record
from collection.services.freshness import cycle_of
from collection.source_face import SourceFace, source_faces
from collection.source_forms import FORMS
from collection.store.columns import Column, columns_from, columns_of, key_of
from core.actors import Actor
from core.components.figures import moment
from core.panels import Panel
from core.reasons import Reason

FILES = 50
TABS = ("rows", "outlook", "profile", "map", "versions", "runs", "sources", "settings")


class DatasetPage:
    """A dataset as the actor sees it.

    Args:
        forms: forms that were refused, to be shown again: ``upload_form``, ``settings_form``, ``retire_form``.

    Raises:
        NotVisible: the address names a version that never was. InvalidTransition: its rows are no longer kept.
    """

    def __init__(self, actor: Actor, dataset: Dataset, query: QueryDict, **forms: Any) -> None:
        self.actor = actor
        self.dataset = dataset
        self.entry = dataset.entry
        self._query = query
        self._forms = forms
        shown = "settings" if "settings_form" in forms or "retire_form" in forms else query.get("tab", "")
        self.tab = shown if shown in self.tab_names else self.tab_names[0]
        self.shown = self._shown()

    @cached_property
    def can_load(self) -> bool:
        return policies.can_load_dataset(self.actor, self.entry)

    @cached_property
    def can_manage(self) -> bool:
        return policies.can_manage_dataset(self.actor, self.entry)

    @cached_property
    def sees_runs(self) -> bool:
        return policies.can_see_runs(self.actor, self.entry)

    @cached_property
    def can_export(self) -> bool:
        return policies.can_export(self.actor, self.dataset)

    @property
    def sees_figures(self) -> bool:
        """Whether the number of rows is told: to others it is part of what a grant covers."""
        return self.sees_runs and (self.sees_changes or not self.dataset.is_table)

    @property
    def sees_changes(self) -> bool:
        """Whether versions are told apart, and what each has changed."""
        return policies.can_see_changes(self.actor)

    @cached_property
    def sees_quality(self) -> bool:
        return policies.can_see_quality(self.actor, self.entry)

    @property
    def tab_names(self) -> list[str]:
        if not self.dataset.is_table:
            may = {
                "files": True,
                "versions": self.sees_runs,
                "settings": self.can_manage and not self.dataset.is_retired,
            }
            return [one for one in may if may[one]]
        may = {
            "rows": True,
            "outlook": self.has_outlook,
            "profile": self.entitlement is not None and self.sees_changes,
            "map": self.has_map,
            "versions": self.sees_runs and self.sees_changes,
            "runs": self.sees_runs,
            "sources": policies.can_see_sources(self.actor, self.entry),
            "settings": self.can_manage and not self.dataset.is_retired,
        }
        return [one for one in TABS if may[one]]

    @property
    def tabs(self) -> list[dict[str, Any]]:
        labels = {
            "rows": _("Data rows"),
            "files": _("Files"),
            "outlook": _("Coming changes"),
            "profile": _("Column profile"),
            "map": _("Map"),
            "versions": _("Versions"),
            "runs": _("Loading runs"),
            "sources": _("Sources"),
            "settings": _("Settings"),
        }
        here = reverse("collection:dataset_detail", args=[self.dataset.pk])
        shown = [{"url": f"{here}?tab={one}", "label": labels[one], "count": None, "is_current": one == self.tab}
                 for one in self.tab_names]  # fmt: skip
        if self.sees_quality:
            address = reverse("collection:quality_dataset", args=[self.dataset.pk])
            shown.insert(1, {"url": address, "label": _("Quality"), "count": None,
                             "is_current": self.tab == "quality"})  # fmt: skip
        if policies.can_name_contractors(self.actor, self.entry):
            address = reverse("collection:assignment_list", args=[self.entry.ref])
            shown.append({"url": address, "label": _("Contractor staff"), "count": None, "is_current": False})
        return shown

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [
            {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
            {"label": str(self.entry), "url": reverse("catalog:entry_detail", args=[self.entry.ref])},
        ]

    @property
    def rows_url(self) -> str:
        """The page that shows rows, to which filters and orders lead."""
        return reverse("collection:dataset_detail", args=[self.dataset.pk])

    @property
    def rows_part_url(self) -> str:
        """Where the rows alone are got, for htmx."""
        return reverse("collection:rows", args=[self.dataset.pk])

    @cached_property
    def version(self) -> DatasetVersion | None:
        return self.dataset.published_version

    @cached_property
    def columns(self) -> list[Column]:
        """The items as the published version has them, else as the entry lists them now."""
        return selectors.columns_of_dataset(self.dataset)

    def _shown(self) -> DatasetVersion | None:
        """Return the version whose rows are shown: the published one, or a kept one that the address names."""
        is_rows = self.dataset.is_table and self.entitlement is not None
        if self.version is None or not is_rows or not self.sees_changes:
            return self.version
        return version_named(self.dataset, self._query.get("version", ""))

    @cached_property
    def is_earlier(self) -> bool:
        return self.shown is not None and self.shown != self.version

    @property
    def version_query(self) -> str:
        """What addresses of the rows carry on to stay with an earlier version."""
        return f"version={self.shown.number}" if self.shown is not None and self.is_earlier else ""

    @cached_property
    def items_gone(self) -> list[str]:
        """Names of the items that the earlier version has and the published one has no more, as the actor sees them."""
        if self.shown is None or self.shown_entitlement is None:
            return []
        now = {one.item for one in self.columns}
        before = self.shown_entitlement.columns(columns_from(self.shown.columns))
        return [one.name for one in before if one.item not in now]

    @cached_property
    def why_not_returned(self) -> str:
        """Why the shown version can be neither published again nor compared."""
        return _words(why_not_returned(self.version, self.shown)) if self.shown is not None else ""

    @cached_property
    def shown_entitlement(self) -> Entitlement | None:
        """What the actor may read of the shown version: its columns, under the masks of now."""
        if self.shown is None:
            return None
        return policies.preview_entitlement(self.actor, self.dataset, columns_from(self.shown.columns))

    @cached_property
    def doubted(self) -> set[str]:
        """Identities of the items that are being verified."""
        return items_doubted(self.dataset.entry_id)

    @cached_property
    def entitlement(self) -> Entitlement | None:
        """What the actor may read without a grant; None also where nothing is published."""
        return policies.preview_entitlement(self.actor, self.dataset, self.columns) if self.version else None

    @property
    def is_unnamed(self) -> bool:
        """Whether the actor is staff of a contractor for the provider, and works on other data."""
        actor = self.actor
        return actor.is_contractor and actor.department_id == self.dataset.entry.department_id

    @cached_property
    def preview(self) -> Preview | None:
        """The rows, where the actor may see them without a grant."""
        if self.shown is None or self.shown_entitlement is None:
            return None
        preview_record(actor=self.actor, dataset=self.dataset, version=self.shown)
        told = partial(origins_of, self.actor, self.dataset, self.shown)
        return preview_of(self.shown_entitlement, self.shown, self._query, self.version_query, origins_of=told)

    @cached_property
    def map(self) -> PlaceMap | None:
        """Where the rows lie, where the actor sees their coordinates whole."""
        if self.version is None or self.entitlement is None:
            return None
        return map_of(self.entitlement, self.version, self.dataset)

    @cached_property
    def has_outlook(self) -> bool:
        """Whether the next file will be read by other items than the published version was."""
        may_see = policies.can_see_outlook(self.actor, self.entry) and not self.dataset.is_retired
        if not self.dataset.is_table or not may_see or self.version is None or self._revision_ahead is None:
            return False
        return is_touched(self.version, columns_of(items_of(self._revision_ahead)))

    @cached_property
    def outlook(self) -> DatasetOutlook | None:
        """What becomes of the data when the items change, or once they have."""
        return outlook_of(self.actor, self.dataset, self._revision_ahead) if self._revision_ahead else None

    @cached_property
    def _revision_ahead(self) -> Revision | None:
        return revision_ahead(self.actor, self.entry)

    @cached_property
    def has_map(self) -> bool:
        return (
            self.entitlement is not None and self.sees_changes and places_of(self.entitlement, self.columns) is not None
        )

    @cached_property
    def profile(self) -> DatasetProfile | None:
        """What the values of each item look like to the actor."""
        if self.version is None or self.entitlement is None:
            return None
        preview_record(actor=self.actor, dataset=self.dataset, version=self.version)
        return profile_of(self.entitlement, self.version)

    @cached_property
    def drawn(self) -> Page[ItemProfile] | None:
        """A page of the items whose values are drawn."""
        return self.profile.drawn(self._query.get("page")) if self.profile else None

    @property
    def unhooked(self) -> str:
        """That nobody reads the data any more; "" while they are hooked."""
        if not self.dataset.is_retired:
            return ""
        when, who = moment(self.dataset.retired_at), self.dataset.retired_by_name
        if who and self.sees_runs:
            return _("Unhooked %(when)s by %(name)s: %(reason)s") % {
                "when": when, "name": who, "reason": self.dataset.retired_reason
            }  # fmt: skip
        return _("Unhooked %(when)s.") % {"when": when}

    @property
    def shows_upload(self) -> bool:
        """Whether a file can be sent now, or one was refused just now."""
        may_load = self.dataset.is_table and self.can_load and not self.built and not self.dataset.is_retired
        return may_load and (self.open_run is None or self.upload_form.is_bound)

    @cached_property
    def uploads(self) -> list[tuple[PartialUpload, bool]]:
        """The actor's own files on their way, to any data, with whether he sees those."""
        return uploads_of(self.actor) if self.can_load else []

    @cached_property
    def _built(self) -> Reason | None:
        return reason_of(self.dataset)

    @property
    def built(self) -> Reason | None:
        """Why nobody loads files into these data, where an app above builds them."""
        return self._built if self.can_load else None

    @property
    def is_as_current_as_sources(self) -> bool:
        """Whether the rows come of other data, and so are no more current than those."""
        return bool(self.dataset.due_at and self._built)

    @cached_property
    def reads_files(self) -> bool:
        return policies.can_read_files(self.actor, self.dataset)

    @cached_property
    def file_version(self) -> DatasetVersion | None:
        """The version whose files are listed: the published one, or a kept one that the address names."""
        number = self._query.get("version", "")
        if self.version is None or not self.reads_files:
            return self.version
        wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None
        return selectors.version_get(self.dataset, wanted)

    @cached_property
    def files(self) -> Page[DatasetFile] | None:
        """A page of files, where the actor may read them."""
        if self.file_version is None or not self.reads_files:
            return None
        return Paginator(files_of(self.file_version), FILES).get_page(self._query.get("page"))

    @cached_property
    def file_figures(self) -> list[dict[str, Any]]:
        """Number and size of the files by kind, which everybody is told who sees how data came."""
        if self.version is None or not self.sees_runs:
            return []
        figures = file_figures(self.version)
        return [one | {"kind": BY_CONTENT_TYPE.get(one["content_type"])} for one in figures]

    @property
    def removes_files(self) -> bool:
        """Files of data that are no longer hooked can be removed all the same."""
        return self.can_manage and (self.shows_files_form or (not self.dataset.is_table and self.dataset.is_retired))

    @property
    def shows_files_form(self) -> bool:
        """Whether the set can be changed."""
        takes = not self.dataset.is_retired and self.entry.status != EntryStatus.WITHDRAWN
        return not self.dataset.is_table and self.can_load and takes

    @cached_property
    def files_form(self) -> FilesForm:
        return self._forms.get("files_form") or FilesForm()

    @property
    def formats(self) -> list[str]:
        return list(FORMATS)

    @cached_property
    def panels(self) -> list[Panel]:
        """What apps above show beside the dataset."""
        return DATASET_PANELS.of(self.actor, self.dataset)

    @cached_property
    def against_unhooking(self) -> list[Panel]:
        """What stands against unhooking the data: why it would be refused."""
        return UNHOOKING_PANELS.of(self.actor, self.dataset)

    @cached_property
    def freshness(self) -> FreshnessFace:
        return freshness_face(self.dataset)

    @cached_property
    def measured(self) -> Measured | None:
        """What the rows themselves say of how current they are, for those who see how data came."""
        return measured_of(self.dataset) if self.sees_figures else None

    @cached_property
    def quality(self) -> QualityFace | None:
        return quality_face(self.actor, self.dataset)

    @cached_property
    def versions(self) -> list[DatasetVersion]:
        return list(selectors.versions_of(self.dataset)[:50])

    @cached_property
    def comparable(self) -> set[int]:
        """The versions that can be compared with the one before: row by row, so under the same key."""
        kept = [one for one in self.versions if one.is_readable] if self.entitlement is not None else []
        return {one.pk for one, before in pairwise(kept) if one.generation == before.generation}

    @cached_property
    def version_rows(self) -> list[tuple[DatasetVersion, str, bool]]:
        """The versions, with why one that is kept cannot be published again, and whether it is held by an app above."""
        if not (self.dataset.is_table and self.can_manage):
            return [(one, "", False) for one in self.versions]
        return [
            (one, _words(why_not_returned(self.version, one)) if one.is_readable else "", one.pk in self.held)
            for one in self.versions
        ]

    @cached_property
    def held(self) -> dict[int, str]:
        """Earlier versions that an app above lets nobody publish again, with the reason."""
        reason = holds_of(self.dataset)
        return {
            one.pk: str(why)
            for one in self.versions
            if one.is_readable and one != self.version and (why := reason(one))
        }

    @property
    def why_held(self) -> str:
        """Why versions are not published again; it is said once."""
        is_asked = self.dataset.is_table and self.can_manage
        return next(iter(self.held.values()), "") if is_asked else ""

    @cached_property
    def runs(self) -> list[Run]:
        return list(selectors.runs_of(self.dataset)[:50])

    @cached_property
    def sources(self) -> list[SourceFace]:
        return source_faces(sources_of(self.dataset))

    @property
    def source_kinds(self) -> list[dict[str, Any]]:
        """The kinds of sources that can be added, with where they are entered."""
        return [
            {"label": SourceKind(kind).label, "url": reverse("collection:source_add", args=[self.dataset.pk, kind])}
            for kind in FORMS
        ]

    @cached_property
    def open_run(self) -> Run | None:
        return run_open_of(self.dataset) if self.sees_runs else None

    @cached_property
    def upload_form(self) -> UploadForm:
        form = self._forms.get("upload_form") or UploadForm(initial={"mode": self.dataset.default_mode})
        if not key_of(self.columns):
            offered = [one for one in LoadMode.choices if one[0] not in MODES_BY_KEY]
            form.fields["mode"].choices = offered  # type: ignore[union-attr]
        return form

    @cached_property
    def settings_form(self) -> DatasetForm:
        initial = {name: getattr(self.dataset, name) for name in selectors.SETTINGS}
        initial["edit_version"] = selectors.settings_version(self.dataset)
        return self._forms.get("settings_form") or DatasetForm(
            initial=initial,
            columns=self.columns,
            times=time_columns(self.dataset),
            cycle=cycle_of(self.dataset.entry),
        )

    @cached_property
    def retire_form(self) -> RetireForm:
        return self._forms.get("retire_form") or RetireForm()


def _words(hindrance: str) -> str:
    return str(Reason(f"run.{hindrance}")) if hindrance else ""
