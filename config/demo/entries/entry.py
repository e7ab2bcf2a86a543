"""What is written of an entry of the demo city, and the words that several of them share."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """One entry and how far it has come.

    ``state`` is a revision state, ``published``, ``withdrawal_pending`` or ``withdrawn``; ``second`` is the state of
    a second revision that is open beside the published one, ``second_items`` its items where they are others.
    """

    department: str
    category: str
    name: str
    summary: str
    format: str
    sharing: str
    opening: str
    cycle: str
    items: str
    state: str = "published"
    second: str = ""
    second_items: str = ""
    level: str = "general_2"
    scope: str = ""
    purpose: str = ""
    reason: str = ""
    basis: tuple[str, str] = ("", "")
    system: str = ""
    library: str = ""
    keywords: str = ""
    unit: str = ""
    comments: tuple[tuple[str, str], ...] = field(default=())


RESCUE = "承担社会救助、社会保险、医疗保障、教育资助职责的市、区县部门"
RESCUE_USE = "核验救助身份，落实参保代缴、医疗救助和资助待遇"
CIVIL = "承担民政、人力资源社会保障、医疗保障、公安职责的市、区县部门"
CIVIL_USE = "办理业务时核验个人身份和家庭关系"

PERSONAL_INFORMATION = ("中华人民共和国个人信息保护法", "第三十四条")
"""State organs handle personal information within the limits of their duties: in the register of legal bases. Whether it
would carry a refusal in real life is for a real authority to decide; the entries are fictional."""
