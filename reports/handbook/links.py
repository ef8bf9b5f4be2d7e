"""Where pages lie: those of the handbook in reports/pages, older ones and records in reports."""

from __future__ import annotations

import re

PAGES = "pages"
BESIDE = ("data/", "train-", "networks.md", "findings.md", "rounding.md", "official-table.md",
          "defaults.md", "README.md")  # fmt: skip


def from_pages(page: str) -> str:
    """Return the address of a page or record as a page of reports/pages writes it."""
    return f"../{page}" if page.startswith(BESIDE) or page[:8].isdigit() else page


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
