"""The packet format as data: lineages, files, names, masks, settings, levels. Nothing here reads bytes."""
