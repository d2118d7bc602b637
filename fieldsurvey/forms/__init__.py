"""From an XLSForm to a published version, and from a submission's XML to answers. Knows no HTTP and no review."""
