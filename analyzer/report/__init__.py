"""One offline HTML page from templates."""
