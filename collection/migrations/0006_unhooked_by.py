"""Who unhooked a dataset, and why, so that its page says so. Rows of before stay without."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0005_no_sentences")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="retired_by_name",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="dataset",
            name="retired_reason",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
    ]
