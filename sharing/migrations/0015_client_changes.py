"""What a client in use is to have beyond what it has waits for the security administrator."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sharing", "0014_rectifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="wanted",
            field=models.JSONField(
                help_text="Networks, number of calls and scopes that wait for approval, by field; None for none.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="wanted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
