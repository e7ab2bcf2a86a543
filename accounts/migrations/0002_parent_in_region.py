"""Tie the parent of a department to its region.

Cause: a department is attached within its region only. Effect: a composite foreign key refuses a parent of
another region; it is checked at commit, so that a subtree can move together.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE accounts_department
    ADD CONSTRAINT department_parent_in_region FOREIGN KEY (parent_id, region_id)
    REFERENCES accounts_department (id, region_id) DEFERRABLE INITIALLY DEFERRED
"""
BACKWARD = "ALTER TABLE accounts_department DROP CONSTRAINT department_parent_in_region"


class Migration(migrations.Migration):
    replaces = [("accounts", "0002_department_parent_in_region")]
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
