"""What the API takes and gives, one module per noun: marshmallow schemas that check input and describe the API."""
