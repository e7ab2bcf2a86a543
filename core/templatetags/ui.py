"""All component tags and filters; docs/front-end.md shows each with an example."""

from django import template

from core.components import addresses, clocks, fields, figures, grids, icons, marks, options

register = template.Library()
for part in (addresses, clocks, fields, figures, grids, icons, marks, options):
    register.tags.update(part.register.tags)
    register.filters.update(part.register.filters)
