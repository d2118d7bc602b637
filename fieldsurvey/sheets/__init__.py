"""Spreadsheets as people send them: files, headings, cells, rows that make a household or an account. No database."""
