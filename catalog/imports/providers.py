"""Finding the department that a file means by its provider."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Department, DepartmentAlias, DepartmentName
from catalog.imports.text import name_key, one_line

MAX_NAME = 120

_CODE_AND_NAME = re.compile(r"^(?P<code>[0-9A-Za-z][0-9A-Za-z-]{3,39})\s*[【\[(（](?P<name>[^】\])）]+)[】\])）]$")
_NO_NAME = re.compile(r"[?=&\\<>{}@#%|^~]|https?:|\.(?:aspx?|html?|php|jsp)\b|^\d+$")
"""Signs of addresses, numbers and rubbish, which no department is called."""

_LEVEL_WORD = re.compile("^(自治区|自治州|自治县|省|市|州|盟|县|区|旗)(?!场|政|容|域|际|区|县|辖)")


@dataclass(frozen=True, slots=True)
class Provider:
    """A department that a provider stands for; without an id one that has yet to be created.

    Attributes:
        rule: how it was found, where that is an assumption.
    """

    key: str
    name: str
    department_id: int | None = None
    code: str = ""
    alias: str = ""
    rule: str = ""

    @property
    def is_new(self) -> bool:
        return self.department_id is None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why no department was found, and what to do."""

    code: str
    message: str
    advice: str


class ProviderDirectory:
    """The departments of the importing department's region and those below it, by all their names.

    Codes and credit codes are looked up in the whole installation, names only in these regions: a 市民政局 of
    another city is another department.

    Args:
        home: the department the import is filed under; rows without a provider are its own.
        given: provider as the file writes it → department code, from the mapping.
        creates: whether unknown providers become departments.
    """

    def __init__(self, home: Department, *, given: Mapping[str, str] | None = None, creates: bool = False) -> None:
        self.home = Provider(f"d{home.pk}", home.name, home.pk, home.code)
        self.creates = creates
        self._region_id = home.region_id
        self._region_names = _region_prefixes(home.region.name)
        self._given = {one_line(text): code for text, code in (given or {}).items()}
        self._by_code: dict[str, Provider] = {}
        self._by_uscc: dict[str, Provider] = {}
        self._by_name: dict[str, list[tuple[int, Provider]]] = {}
        self._by_stem: dict[str, set[str]] = {}
        self._known: dict[str, Provider] = {}
        self._answers: dict[tuple[str, str], Provider | Unmatched] = {}
        self._load(home)

    def _load(self, home: Department) -> None:
        path = home.region.path
        living = Department.objects.filter(valid_to__isnull=True).select_related("region").order_by("pk")
        near: set[int] = set()
        for one in living.iterator(chunk_size=2000):
            provider = Provider(f"d{one.pk}", one.name, one.pk, one.code)
            self._known[provider.key] = provider
            self._by_code[one.code.lower()] = provider
            if one.uscc:
                self._by_uscc[one.uscc.upper()] = provider
            if not f"{one.region.path}/".startswith(f"{path}/"):
                continue
            near.add(one.pk)
            distance = 0 if one.region_id == home.region_id else 10
            self._name(one.name, distance, provider)
            self._name(one.short_name, distance + 1, provider)
            if distance == 0:
                self._stem(one.name, provider)
        for model, rank in ((DepartmentAlias, 2), (DepartmentName, 3)):
            rows = model.objects.filter(department__valid_to__isnull=True).values_list(
                "department_id", "name", "department__region_id"
            )
            for department_id, name, region_id in rows:
                if department_id in near:
                    distance = 0 if region_id == home.region_id else 10
                    self._name(name, distance + rank, self._known[f"d{department_id}"])
                if model is DepartmentAlias and re.fullmatch(r"[0-9A-Za-z-]{4,40}", name):
                    self._by_code.setdefault(name.lower(), self._known[f"d{department_id}"])

    def _name(self, name: str, rank: int, provider: Provider) -> None:
        if name:
            self._by_name.setdefault(name_key(name), []).append((rank, provider))

    def _stem(self, name: str, provider: Provider) -> None:
        self._by_stem.setdefault(self._stem_of(name), set()).add(provider.key)

    def _stem_of(self, name: str) -> str:
        """Return a name without the region before it: "云川市民政局" and "市民政局" are both "民政局" here."""
        text = name_key(name)
        for prefix in self._region_names:
            if text.startswith(prefix) and len(text) - len(prefix) >= 3:
                return text[len(prefix) :]
        match = _LEVEL_WORD.match(text)
        return text[match.end() :] if match and len(text) - match.end() >= 3 else text

    def find(self, text: str, code: str = "") -> Provider | Unmatched:
        """Return the department that a provider's name and code stand for.

        Args:
            text: the name as the file writes it; may carry a code, as in "380160000A 【地政局】".
            code: short code, credit code or a foreign code that is an alias.
        """
        asked = (text, code)
        if asked not in self._answers:
            self._answers[asked] = self._find(text, code)
        return self._answers[asked]

    def _find(self, text: str, code: str) -> Provider | Unmatched:
        if not text and not code:
            return self.home
        if text in self._given:
            wanted = self._given[text]
            return self._by_code.get(wanted.lower()) or Unmatched(
                "provider_mapping",
                _("The mapping says “%(text)s” is the department %(code)s, which does not exist.")
                % {"text": text, "code": wanted},
                _("Correct “providers” in the mapping."),
            )
        match = _CODE_AND_NAME.match(text)
        name, inner_code = (match["name"].strip(), match["code"]) if match else (text, "")
        for one in (code, inner_code, text):
            found = self._by_uscc.get(one.upper()) or self._by_code.get(one.lower()) if one else None
            if found:
                return found
        found_by_name = self._find_by_name(name)
        if found_by_name is not None:
            return found_by_name
        return self._unknown(name, inner_code or code)

    def _find_by_name(self, name: str) -> Provider | Unmatched | None:
        candidates = self._by_name.get(name_key(name), [])
        if candidates:
            best = min(rank for rank, _provider in candidates)
            fitting = {provider.key: provider for rank, provider in candidates if rank == best}
            if len(fitting) == 1:
                return next(iter(fitting.values()))
            names = "、".join(f"{one.name} ({one.code})" for one in list(fitting.values())[:5])
            return Unmatched(
                "provider_ambiguous",
                _("“%(text)s” may be any of: %(names)s.") % {"text": name, "names": names},
                _("Say in the mapping which it is (providers)."),
            )
        keys = self._by_stem.get(self._stem_of(name), set())
        if len(keys) == 1:
            found = self._known[next(iter(keys))]
            return Provider(found.key, found.name, found.department_id, found.code, rule="provider_prefix")
        return None

    def _unknown(self, name: str, code: str) -> Provider | Unmatched:
        if self.creates and 2 <= len(name) <= MAX_NAME and not _NO_NAME.search(name):
            provider = Provider(f"n{name_key(name)}", name, alias=code)
            self._known[provider.key] = provider
            self._name(name, 0, provider)
            self._stem(name, provider)
            if code:
                self._by_code.setdefault(code.lower(), provider)
            return provider
        if self.creates:
            return Unmatched(
                "provider_name",
                _("“%(text)s” cannot be the name of a department: it is too short, too long, or an address.")
                % {"text": name[:60]},
                _("Correct the cell, or name the department in the mapping (providers)."),
            )
        return Unmatched(
            "provider_unknown",
            _("No department of the region is called “%(text)s”.") % {"text": name},
            _("Name the department in the mapping (providers), add the name to it as another name, or import with "
              "--create-departments."),
        )  # fmt: skip

    def created(self, key: str, create: Callable[[Provider], Department]) -> Provider:
        """Return the department for a key, creating it first where it is new."""
        provider = self._known[key]
        if provider.is_new:
            department = create(provider)
            provider = Provider(provider.key, department.name, department.pk, department.code)
            self._known[key] = provider
        return provider


def _region_prefixes(name: str) -> tuple[str, ...]:
    """Return how a region's name may stand before a department's: whole, and without its level."""
    whole = name_key(name)
    bare = re.sub("(特别行政区|自治区|自治州|自治县|省|市|县|区|旗|盟)$", "", whole)
    return (whole, bare) if len(bare) >= 2 and bare != whole else (whole,)
