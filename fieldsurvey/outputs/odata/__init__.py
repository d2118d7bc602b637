"""OData 4: what a query asks for, expressions into SQL, documents and rows. Pure of HTTP; the door brings addresses."""
