"""Bulk import of catalog entries: a file becomes rows, rows become planned entries, a batch applies them.

    reading  →  columns, mapping  →  interpret (values, items)  →  plan  →  services.imports  →  report

Nothing here writes to the catalog but ``apply``, and that only through the services that the pages use.
"""
