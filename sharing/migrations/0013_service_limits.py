import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Limits of use that a provider sets for all who get its data by themselves; without a row there are none."""

    dependencies = [("collection", "0012_reject_limit_of_a_source"), ("sharing", "0012_refused_calls_by_minute")]

    operations = [
        migrations.CreateModel(
            name="ServiceLimits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rows_per_day", models.PositiveBigIntegerField(null=True)),
                ("calls_per_minute", models.PositiveIntegerField(null=True)),
                ("set_at", models.DateTimeField()),
                ("set_by_name", models.CharField(max_length=200)),
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_limits",
                        to="collection.dataset",
                    ),
                ),
            ],
            options={"verbose_name_plural": "service limits"},
        ),
    ]
