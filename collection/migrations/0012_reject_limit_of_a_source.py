"""A source may have a limit of rejected rows of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0011_freshness_of_its_own")]

    operations = [
        migrations.AddField(
            "source",
            "reject_limit_percent",
            models.PositiveSmallIntegerField(null=True, help_text="Empty for that of the dataset."),
        ),
        migrations.AddField(
            "source",
            "reject_limit_count",
            models.PositiveIntegerField(null=True, help_text="Empty for that of the dataset."),
        ),
        migrations.AddConstraint(
            "source",
            models.CheckConstraint(condition=models.Q(reject_limit_percent__lte=100), name="source_reject_percent"),
        ),
    ]
