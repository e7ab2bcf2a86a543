"""The quality of data: rules that are added to a dataset, what a version breaks of them, and the score it gets."""
