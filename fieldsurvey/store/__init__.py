"""What we remember: tables on top, their questions below, one module per noun. Knows SQLAlchemy, never Flask."""
