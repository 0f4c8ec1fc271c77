"""Goroutine dumps: text to records, groups and suspects."""
