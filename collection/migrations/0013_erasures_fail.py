"""An erasure of which no worker comes to the end fails and can be tried again; its rows are counted by a worker."""

from django.db import migrations, models


def _failed_wait_again(apps, schema_editor):
    apps.get_model("collection", "Erasure").objects.filter(state="failed").update(state="approved")


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0012_reject_limit_of_a_source"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="erasure",
            name="erasure_one_open",
        ),
        migrations.RemoveConstraint(
            model_name="erasure",
            name="erasure_forgets_the_value",
        ),
        migrations.AddField(
            model_name="erasure",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="erasure",
            name="counted_version",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="erasure",
            name="failure",
            field=models.CharField(
                blank=True,
                choices=[
                    (
                        "sealed",
                        "The person's value cannot be opened: its key is not there any more, or it was damaged.",
                    ),
                    ("error", "Every attempt of a worker broke off. The operator finds the cause in the log."),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="state",
            field=models.CharField(
                choices=[
                    ("awaiting_head", "Awaiting the head's approval"),
                    ("refused", "Refused"),
                    ("withdrawn", "Taken back"),
                    ("approved", "Approved, waiting for a worker"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Could not be carried out"),
                ],
                default="awaiting_head",
                max_length=15,
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("awaiting_head", "approved", "running", "failed"))),
                fields=("dataset", "item", "value_hash"),
                name="erasure_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("awaiting_head", "approved", "running", "failed")),
                    ("sealed_value", ""),
                    _connector="OR",
                ),
                name="erasure_forgets_the_value",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, _failed_wait_again),
    ]
