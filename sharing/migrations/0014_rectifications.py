"""What holders of grants report to have put right after an inspection; kept unchanged, as the inspections are."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER sharing_rectification_kept BEFORE UPDATE OR DELETE ON sharing_rectification
    FOR EACH ROW EXECUTE FUNCTION sharing_record_guard('reported_at');
"""
UNGUARD = "DROP TRIGGER sharing_rectification_kept ON sharing_rectification;"


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0013_client_suspended_by_department_gone"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rectification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.TextField()),
                ("reported_at", models.DateTimeField()),
                ("reported_by_name", models.CharField(max_length=200)),
                (
                    "inspection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rectification",
                        to="sharing.inspection",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.AlterField(
            model_name="grantstep",
            name="action",
            field=models.CharField(
                choices=[
                    ("create", "Granted"),
                    ("suspend", "Suspended"),
                    ("resume", "Resumed"),
                    ("narrow", "Narrowed"),
                    ("adapt", "Adapted to the entry"),
                    ("consult", "Change announced"),
                    ("object", "Requester's answer"),
                    ("end", "Ended"),
                    ("expire", "Expired"),
                    ("dispose", "Disposal of the data confirmed"),
                    ("inspect", "Use inspected"),
                    ("rectify", "Reported as rectified"),
                    ("hand_over", "Handed over"),
                ],
                max_length=10,
            ),
        ),
    ]
