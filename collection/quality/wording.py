"""Rules and findings in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from collection.choices import Checksum, FindingState, KnownList, Rule, RuleKind
from collection.models import Dataset, QualityRule
from collection.quality.conditions import OPERATORS
from collection.quality.definition import TODAY
from collection.quality.finding import OF_CYCLE, OF_FORM, OF_KEY, OF_MANDATORY, OF_RUNS, Finding, findings_from
from core import reasons
from core.reasons import Reason

MOST_CODES = 6

KINDS: Mapping[str, Any] = {
    RuleKind.CODE_LIST: gettext_lazy("Every value is one of a list of codes."),
    RuleKind.REGEX: gettext_lazy("Every text fits a regular expression from end to end."),
    RuleKind.RANGE: gettext_lazy("Every number or date lies between two ends."),
    RuleKind.CHECKSUM: gettext_lazy("Identity numbers, credit codes, organisation codes and region codes are sound."),
    RuleKind.DATE_ORDER: gettext_lazy("One date is not after another of the same row."),
    RuleKind.COMPARISON: gettext_lazy("Two items of a row are equal, different, or one is greater."),
    RuleKind.REFERENCE: gettext_lazy("Every value occurs in an item of another dataset of your department."),
    RuleKind.UNIQUE: gettext_lazy("No value occurs twice."),
    RuleKind.COMPLETENESS: gettext_lazy("A share of the rows has a value."),
    RuleKind.ROW_COUNT: gettext_lazy("The number of rows stays within a band around the last version."),
    RuleKind.FRESHNESS: gettext_lazy("The newest date is not older than some days."),
}
"""What a kind of rule asks for, in a sentence."""

_OF_ALL: Mapping[str, Any] = {
    OF_FORM: gettext_lazy("Types and lengths of the items"),
    OF_KEY: gettext_lazy("Keys occur once"),
    OF_MANDATORY: gettext_lazy("Keys and mandatory items are filled"),
    OF_CYCLE: gettext_lazy("Data came within their update cycle"),
    OF_RUNS: gettext_lazy("Loading runs end with usable data"),
}


def rule_words(rule: QualityRule) -> str:
    """Return what a rule says."""
    given: dict[str, Any] = rule.parameters
    names = {"item": rule.item_name, "other": rule.other_name}
    match rule.kind:
        case RuleKind.CODE_LIST:
            if "list" in given:
                return _("“%(item)s” is in the list “%(list)s”") % (names | {"list": KnownList(given["list"]).label})
            codes = "、".join(given["values"][:MOST_CODES]) + ("…" if len(given["values"]) > MOST_CODES else "")
            return _("“%(item)s” is one of %(codes)s") % (names | {"codes": codes})
        case RuleKind.REGEX:
            return _("“%(item)s” fits %(pattern)s") % (names | {"pattern": given["pattern"]})
        case RuleKind.RANGE:
            return _range_words(rule)
        case RuleKind.CHECKSUM:
            return _("“%(item)s” is sound: %(code)s") % (names | {"code": Checksum(given["checksum"]).label})
        case RuleKind.DATE_ORDER:
            return _("“%(item)s” is not after “%(other)s”") % names
        case RuleKind.COMPARISON:
            return _("“%(item)s” %(operator)s “%(other)s”") % (names | {"operator": OPERATORS[given["operator"]]})
        case RuleKind.REFERENCE:
            target = {"target": rule.target, "target_item": given.get("item_name", "")}
            return _("“%(item)s” occurs in “%(target_item)s” of “%(target)s”") % (names | target)
        case RuleKind.UNIQUE:
            return _("No value of “%(item)s” occurs twice") % names
        case RuleKind.COMPLETENESS:
            return _("“%(item)s” is filled in at least %(percent)s %% of the rows") % (names | given)
        case RuleKind.ROW_COUNT:
            return _("At most %(less)s %% fewer and %(more)s %% more rows than the last version") % given
    if given.get("working"):
        pattern = ngettext(
            "The newest “%(item)s” is at most %(days)d working day old",
            "The newest “%(item)s” is at most %(days)d working days old",
            given["days"],
        )
    else:
        pattern = ngettext(
            "The newest “%(item)s” is at most %(days)d day old",
            "The newest “%(item)s” is at most %(days)d days old",
            given["days"],
        )
    return pattern % (names | {"days": given["days"]})


def _range_words(rule: QualityRule) -> str:
    ends = {
        name: pgettext("end of a range", "today") if text in TODAY else text
        for name, text in rule.parameters.items()
    }  # fmt: skip
    names = {"item": rule.item_name, **ends}
    if "min" not in ends:
        return _("“%(item)s” is at most %(max)s") % names
    if "max" not in ends:
        return _("“%(item)s” is at least %(min)s") % names
    return _("“%(item)s” lies between %(min)s and %(max)s") % names


def reason_words(code: str, rules: Mapping[int, QualityRule]) -> str:
    """Return why a row was rejected: a rule of its items, or one that was added.

    Args:
        code: as rejected rows carry it.
        rules: all that the dataset ever had.
    """
    if code in Rule.values:
        return str(Rule(code).label)
    rule = rules.get(int(code[1:])) if code[:1] == "q" and code[1:].isdecimal() else None
    return rule_words(rule) if rule is not None else code


def finding_words(finding: Finding, rules: Mapping[int, QualityRule]) -> str:
    """Return what a finding is about."""
    if finding.rule is None:
        return str(_OF_ALL[finding.kind])
    rule = rules.get(finding.rule)
    return rule_words(rule) if rule is not None else str(RuleKind(finding.kind).label)


def found_words(finding: Finding) -> str:
    """Return what a run found, in figures."""
    if finding.state == FindingState.IDLE:
        return ""
    if finding.state == FindingState.FAILED:
        return _("not computed: it took too long")
    match finding.kind:
        case RuleKind.COMPLETENESS if finding.figure is not None:
            return _("filled in %(share)s %% of the rows") % {"share": _cut(finding.figure)}
        case RuleKind.ROW_COUNT if finding.figure is not None:
            return _("%(rows)s rows, %(before)s before") % {
                "rows": f"{finding.figure:,.0f}",
                "before": f"{finding.checked:,}",
            }
        case RuleKind.FRESHNESS if finding.figure is not None:
            days = int(finding.figure)
            return ngettext("%(days)d day old", "%(days)d days old", days) % {"days": days}
    if not finding.broken:
        return ""
    counts = {"broken": f"{finding.broken:,}", "checked": f"{finding.checked:,}"}
    if finding.kind == OF_RUNS:
        return _("%(broken)s of the last %(checked)s loads were refused") % counts
    return _("%(broken)s of %(checked)s") % counts


def rule_reason(rule: QualityRule) -> Reason:
    """Return what a rule says, to be kept as part of a reason."""
    return Reason("rule.says", _rule_kept(rule))


_BROKEN = "rule.broken"


def refusal_reason(findings: Sequence[Finding], rules: Mapping[int, QualityRule]) -> Reason:
    """Return why a version that breaks rules is not published, to be kept."""
    named = {one.rule for one in findings}
    kept = {str(pk): _rule_kept(rule) for pk, rule in rules.items() if pk in named}
    return Reason(_BROKEN, {"findings": [one.as_dict() for one in findings], "rules": kept})


def refusal_without_figures(why: Reason) -> Reason:
    """Return why nothing was published without what was measured, for those who are not told what moves with a load."""
    if why.code != _BROKEN:
        return why
    findings = [{**one, "figure": None, "broken": 0} for one in why.values["findings"]]
    return Reason(_BROKEN, {**why.values, "findings": findings})


def _rule_kept(rule: QualityRule) -> dict[str, Any]:
    kept = {name: getattr(rule, name) for name in ("kind", "item_name", "other_name", "parameters")}
    return kept | {"target": str(rule.target) if rule.target is not None else ""}


def _rule_read(kept: Mapping[str, Any]) -> QualityRule:
    target = Dataset(name=kept["target"]) if kept["target"] else None
    return QualityRule(**{**kept, "target": target})


def _says_words(values: Mapping[str, Any]) -> str:
    return rule_words(_rule_read(values))


def _broken_words(values: Mapping[str, Any]) -> str:
    rules = {int(pk): _rule_read(kept) for pk, kept in values["rules"].items()}
    lines = []
    for one in findings_from(values["findings"]):
        found, words = found_words(one), finding_words(one, rules)
        lines.append(_("%(rule)s – found: %(found)s") % {"rule": words, "found": found} if found else words)
    return _("The data break rules that must hold: %(rules)s.") % {"rules": "；".join(lines)}


reasons.register("rule", {"says": _says_words, "broken": _broken_words})


def _cut(share: float) -> str:
    """Write a share so that only a full one is 100."""
    return f"{int(share * 10) / 10:.1f}"
