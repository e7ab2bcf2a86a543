"""Items that a dataset declares as filters; a dataset that declares none is filtered by every item, as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0001_datasets_and_runs")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="filter_items",
            field=models.JSONField(blank=True, default=list, help_text="Items by which readers filter and sort."),
        ),
    ]
