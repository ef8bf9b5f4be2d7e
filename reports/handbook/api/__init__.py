"""The API map: each op and field of a specification, as each framework calls it."""
