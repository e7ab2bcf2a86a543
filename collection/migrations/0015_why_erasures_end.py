"""Who ends an erasure that was approved and could not be carried out says why; earlier ones say nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0014_unread_labels")]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="end_reason",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
