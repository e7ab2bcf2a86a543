"""The right to pull a dataset, held by a department's group.

Cause: grants need a right on the dataset that a read can ask for besides the grant itself.
Effect: the permission and its direct-foreign-key table of django-guardian.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("collection", "0009_file_tokens"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="dataset",
            options={"ordering": ["pk"], "permissions": [("pull_dataset", "Can pull the dataset under a grant")]},
        ),
        migrations.CreateModel(
            name="DatasetGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="collection.dataset"),
                ),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
    ]
