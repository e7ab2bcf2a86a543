"""The accounts of the demo city, and how production recognises them."""

PASSWORD = "Demo-pass-2026"  # noqa: S105 - fictional people, only in the demo
ACCOUNTS = (
    ("cataloguer", "files entries for the civil affairs bureau"),
    ("head", "signs them off"),
    ("reviewer", "reviews and publishes for the authority"),
    ("requester", "asks for data for the human resources bureau"),
    ("requester_head", "agrees to those requests"),
    ("sysadmin", "manages departments and accounts"),
    ("secadmin", "grants roles"),
    ("auditor", "reads the trail"),
)
USERNAMES = tuple(username for username, _does in ACCOUNTS)
# Codes of regions that do not exist begin like this.
FICTIONAL_REGION_PREFIX = "99"
