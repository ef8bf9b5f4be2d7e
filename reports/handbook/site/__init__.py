"""The handbook as a static site: the pages' data and their Markdown, rendered to HTML."""
