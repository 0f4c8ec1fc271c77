"""pprof profiles: decode, validity, units, selection, tables, call tree, difference, text reports."""
