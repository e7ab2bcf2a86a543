"""The row store: one typed table per dataset and generation, in its own schema, behind the alias ``store``.

Rows carry the version that brought them (``_from``) and the version that ended them (``_to``). A reader pins a
version; publishing is one pointer in the main database. No transaction, join or foreign key spans the two.
"""
