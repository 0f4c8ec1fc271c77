"""A copy without secrets: example strings of the same form, the same one for the same secret wherever it stands."""
