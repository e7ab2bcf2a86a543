"""The provider's consent to a source of a library; those that there are wait for it, since nobody was asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("libraries", "0001_library_datasets")]

    operations = [
        migrations.AddField(
            "part",
            "consent",
            models.CharField(
                choices=[
                    ("awaiting", "Awaiting the provider's consent"),
                    ("agreed", "The provider has agreed"),
                    ("refused", "The provider has refused"),
                ],
                default="awaiting",
                max_length=8,
            ),
        ),
        migrations.AddField("part", "consent_note", models.TextField(blank=True)),
        migrations.AddField("part", "consent_at", models.DateTimeField(null=True)),
        migrations.AddField("part", "consent_by_name", models.CharField(blank=True, max_length=200)),
    ]
