"""What an export can fail with."""


class ExportError(Exception):
    """A model that cannot be written as a traced program; one line says which module, which op, and what to do."""
