"""Log files of every lineage: lines to one frame, with the quality of what was read."""
