from django.db import migrations, models


class Migration(migrations.Migration):
    """What is older than it is kept is found by its minute."""

    dependencies = [("sharing", "0011_refused_calls")]

    operations = [
        migrations.AddIndex("RefusedCall", models.Index(fields=["minute"], name="refused_call_minute")),
    ]
