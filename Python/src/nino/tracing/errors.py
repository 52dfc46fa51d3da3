"""What an export can fail with."""


class ExportError(Exception):
    """A model that cannot be written as a traced program; one line says which module, which op, and what to do."""


class Unsupported(Exception):
    """Raised by a rule; the sentence says what it cannot do."""


class NotLeading(ExportError):
    """A table is not the leading part of the same table for longer inputs, so it can be stored for one length alone."""


class NeedsLength(NotLeading):
    """An op that can be written for one length alone."""
