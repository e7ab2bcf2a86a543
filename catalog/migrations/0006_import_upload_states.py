"""An uploaded file may be in one state more. Effect: none in the database, choices only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_import_upload"),
    ]

    operations = [
        migrations.AlterField(
            model_name="importupload",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "Being checked"),
                    ("checked", "Checked, nothing imported yet"),
                    ("failed", "Could not be used"),
                    ("applying", "Being imported"),
                    ("done", "Import finished"),
                    ("undoing", "Being undone"),
                    ("undone", "Undone"),
                ],
                default="checking",
                max_length=10,
            ),
        ),
    ]
