"""What can go wrong, in the library's own sentences."""


class NinoError(ValueError):
    """Bad input: the sentence names what was expected and what was found."""


class PluginError(NinoError):
    """The plugin that was needed misbehaved."""
