"""A client's suspension is told by its side alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0012_suspending_sides_known"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="client",
            name="suspended_by_department",
        ),
    ]
