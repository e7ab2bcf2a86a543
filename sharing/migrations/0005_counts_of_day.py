"""How often a department had rows counted on a day.

A requester may see roughly how many rows a filter meets, but only so often: the number of times is kept here.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("sharing", "0004_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountsOfDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("used", models.PositiveIntegerField(default=0)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.department"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("department", "on"), name="counts_of_day_once"),
                ],
            },
        ),
    ]
