"""What the editor needs besides forms: its steps, the items as a sheet, merging of concurrent edits, who is there.

Nothing here writes to the catalog; pages turn what these modules say into one call of a service.
"""
