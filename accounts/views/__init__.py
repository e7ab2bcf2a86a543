"""Pages of the app, one module per entity."""
