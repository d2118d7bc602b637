"""Read-only products: lists for phones, codes for phones, progress, tables. Every one of them takes a Scope."""
