"""Which side suspended a client or a grant.

A department alone does not say it: the security administrator may sit in any department, or in none. Whoever lifts a
suspension is measured by the side; the department stays at grants, for their page.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0010_rows_objected_to"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="suspended_by_security",
            field=models.BooleanField(
                default=False, help_text="By the security administrator, else by the head of its department."
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="suspended_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("provider", "The provider"),
                    ("authority", "The data authority"),
                    ("security", "The security administrator"),
                ],
                max_length=10,
            ),
        ),
    ]
