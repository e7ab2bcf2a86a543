"""Let an account be held until the security administrator releases it.

Cause: a reset password must not hand somebody's roles to whoever reset it. Effect: one column, false for all.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_department_parent_in_region"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_held",
            field=models.BooleanField(default=False, verbose_name="Held"),
        ),
    ]
