"""Name the side of the suspensions that are in force.

Where only a department is known: a client's own department is its head's side, and any other, or none, the security
administrator's. At grants the provider's department is the provider's side, another one the authority's, which may lift
any suspension, and none the security administrator's.
"""

from typing import Any

from django.db import migrations
from django.db.models import Case, F, Q, Value, When


def name_sides(apps: Any, schema_editor: Any) -> None:
    Client, Grant = apps.get_model("sharing", "Client"), apps.get_model("sharing", "Grant")
    by_itself = Q(suspended_by_department=F("department"))
    suspended = Client.objects.filter(status="suspended")
    suspended.exclude(by_itself).update(suspended_by_security=True)
    suspended.filter(suspended_by_department__isnull=True).update(suspended_by_security=True)
    stopped = Grant.objects.filter(suspended_at__isnull=False)
    by_provider = Grant.objects.filter(suspended_by_department=F("dataset__entry__department")).values("pk")
    stopped.update(
        suspended_by=Case(
            When(suspended_by_department__isnull=True, then=Value("security")),
            When(pk__in=by_provider, then=Value("provider")),
            default=Value("authority"),
        )
    )


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0011_suspending_sides"),
    ]

    operations = [
        migrations.RunPython(name_sides, migrations.RunPython.noop),
    ]
