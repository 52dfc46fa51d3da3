"""The functions of nino.h, with failures as exceptions."""

import ctypes
import signal
import threading
from collections.abc import Callable, Sequence
from ctypes import POINTER, Structure, c_char, c_char_p, c_double, c_int32, c_int64, c_uint8, c_uint64, c_void_p
from pathlib import Path

from .errors import NinoError, PluginError

PREFIX = Path(__file__).resolve().parent / "_prefix"
PROGRAM = PREFIX / "bin" / "nino"

DONE, BAD_INPUT, PLUGIN_MISBEHAVED, STOPPED = 0, 2, 3, 130
F32, F16, BF16 = 0, 1, 2
SCHEDULE, SEARCH, NEAR = 0, 1, 2
OF_NOWCASTER, SNAPSHOT, MEAN = 0, 1, 2
NOWCAST, LOOKED, REFUSED = 0, 1, 2
PARAMETER, BUFFER, TIED = 0, 1, 2


class Message(Structure):
    _fields_ = [("text", c_char * 1024)]


class Bytes(Structure):
    _fields_ = [("data", c_void_p), ("count", c_int64)]


class TensorInfo(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("role", c_int32),
        ("rank", c_int64),
        ("shape", POINTER(c_int64)),
        ("tied_to", c_char_p),
    ]


class Array(Structure):
    _fields_ = [("data", c_void_p), ("type", c_int32), ("strides", POINTER(c_int64))]


Progress = ctypes.CFUNCTYPE(c_int32, c_void_p, c_double)
Loss = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(c_double))


class Watch(Structure):
    _fields_ = [("context", c_void_p), ("progress", Progress)]


class Settings(Structure):
    _fields_ = [
        ("policy", c_int32),
        ("states", c_int32),
        ("subgraph", c_int32),
        ("period", c_int64),
        ("max_train_steps", c_int64),
        ("first_horizon", c_int64),
        ("edge_sample_ratio", c_double),
        ("seed", c_uint64),
        ("is_trained", POINTER(c_uint8)),
    ]


class Backtest(Structure):
    _fields_ = [
        ("states", POINTER(Array)),
        ("state_count", c_int64),
        ("steps", POINTER(c_int64)),
        ("horizons", POINTER(c_int64)),
        ("horizon_count", c_int64),
        ("nowcasters", POINTER(c_void_p)),
        ("nowcaster_count", c_int64),
        ("loss", Loss),
        ("loss_context", c_void_p),
        ("weights", POINTER(Array)),
    ]


class Event(Structure):
    _fields_ = [("kind", c_int32), ("parameter", c_int32), ("horizon", c_int64)]


_HANDLE, _OUT = c_void_p, POINTER(c_void_p)
_MESSAGE = POINTER(Message)
_BYTES = POINTER(Bytes)
_ARRAYS = POINTER(Array)

# Result and arguments of every function; those that can fail end with a message.
_SIGNATURES = {
    "nino_library_version": (c_char_p, []),
    "nino_library_set_threads": (c_int32, [c_int64, _MESSAGE]),
    "nino_library_threads": (c_int64, []),
    "nino_library_program": (c_int32, [_BYTES, _MESSAGE]),
    "nino_bytes_destroy": (None, [_BYTES]),
    "nino_session_create": (c_int32, [_OUT, _MESSAGE]),
    "nino_session_destroy": (None, [_HANDLE]),
    "nino_session_add_plugin_path": (c_int32, [_HANDLE, c_char_p, _MESSAGE]),
    "nino_session_set_trust": (None, [_HANDLE, c_int32]),
    "nino_session_set_limits": (c_int32, [_HANDLE, c_double, c_int64, _MESSAGE]),
    "nino_network_open": (c_int32, [_HANDLE, c_char_p, _OUT, _MESSAGE]),
    "nino_network_open_json": (c_int32, [_HANDLE, c_char_p, c_char_p, _OUT, _MESSAGE]),
    "nino_network_create": (c_int32, [POINTER(TensorInfo), c_int64, _OUT, _MESSAGE]),
    "nino_network_destroy": (None, [_HANDLE]),
    "nino_network_tensor_count": (c_int64, [_HANDLE]),
    "nino_network_parameter_count": (c_int64, [_HANDLE]),
    "nino_network_tensor": (c_int32, [_HANDLE, c_int64, POINTER(TensorInfo), _MESSAGE]),
    "nino_network_match": (c_int32, [_HANDLE, POINTER(c_char_p), c_int64, POINTER(c_int64), _MESSAGE]),
    "nino_nowcaster_open": (c_int32, [c_char_p, _OUT, _MESSAGE]),
    "nino_nowcaster_destroy": (None, [_HANDLE]),
    "nino_nowcaster_longest_horizon": (c_int64, [_HANDLE]),
    "nino_nowcaster_needs_graph": (c_int32, [_HANDLE]),
    "nino_nowcaster_states": (c_int32, [_HANDLE]),
    "nino_nowcast": (
        c_int32,
        [_HANDLE, _HANDLE, _ARRAYS, POINTER(c_int64), c_int64, _ARRAYS, POINTER(Watch), _MESSAGE],
    ),
    "nino_optimizer_create": (c_int32, [_HANDLE, _HANDLE, POINTER(Settings), _OUT, _MESSAGE]),
    "nino_optimizer_destroy": (None, [_HANDLE]),
    "nino_optimizer_needs_gradients": (c_int32, [_HANDLE]),
    "nino_optimizer_needs_weights": (c_int32, [_HANDLE]),
    "nino_optimizer_completed_steps": (c_int64, [_HANDLE]),
    "nino_optimizer_memory": (c_int64, [_HANDLE]),
    "nino_optimizer_record": (c_int32, [_HANDLE, _ARRAYS, _MESSAGE]),
    "nino_optimizer_steps_to_state": (c_int64, [_HANDLE]),
    "nino_optimizer_record_mean": (c_int32, [_HANDLE, _ARRAYS, c_int64, _MESSAGE]),
    "nino_optimizer_nowcast": (
        c_int32,
        [_HANDLE, _ARRAYS, Loss, c_void_p, POINTER(Watch), POINTER(Event), _MESSAGE],
    ),
    "nino_optimizer_evaluation_weights": (c_int32, [_HANDLE, _ARRAYS, Loss, c_void_p, _ARRAYS, _MESSAGE]),
    "nino_optimizer_undo": (c_int32, [_HANDLE, _ARRAYS, _MESSAGE]),
    "nino_optimizer_forget": (c_int32, [_HANDLE, _MESSAGE]),
    "nino_optimizer_save": (c_int32, [_HANDLE, _BYTES, _MESSAGE]),
    "nino_optimizer_restore": (c_int32, [_HANDLE, c_char_p, c_int64, _MESSAGE]),
    "nino_backtest": (c_int32, [_HANDLE, POINTER(Backtest), POINTER(Watch), _BYTES, _MESSAGE]),
    "nino_verify": (c_int32, [_HANDLE, c_char_p, _BYTES, POINTER(c_int32), _MESSAGE]),
    "nino_graph": (c_int32, [_HANDLE, c_char_p, _BYTES, _MESSAGE]),
}


def _load() -> ctypes.CDLL:
    path = PREFIX / "lib" / "libnino.so"
    if not path.exists():
        raise ImportError(f"{path}: expected the library there; install the wheel, or `make wheel` builds it")
    library = ctypes.CDLL(str(path), mode=ctypes.RTLD_LOCAL)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_functions = _load()


def call(name: str, *arguments: object) -> object:
    """Calls a function that cannot fail."""
    return getattr(_functions, name)(*arguments)


def check(name: str, *arguments: object) -> None:
    """Calls a function that ends with a message.

    Raises:
        NinoError, PluginError: with the library's sentence.
        KeyboardInterrupt: if a callback asked for an end without an exception of its own.
    """
    message = Message()
    outcome = getattr(_functions, name)(*arguments, ctypes.byref(message))
    if outcome == DONE:
        return
    text = message.text.decode("utf-8", "replace")
    if outcome == STOPPED:
        raise KeyboardInterrupt(text)
    raise (PluginError if outcome == PLUGIN_MISBEHAVED else NinoError)(text)


def take(name: str, *arguments: object) -> bytes:
    """Calls a function that hands over bytes before its message."""
    result = Bytes()
    check(name, *arguments, ctypes.byref(result))
    return handed_over(result)


def handed_over(result: Bytes) -> bytes:
    """Bytes that a function has handed over, which are then freed."""
    try:
        return ctypes.string_at(result.data, result.count)
    finally:
        call("nino_bytes_destroy", ctypes.byref(result))


class Handle:
    """An object of the library, freed with this one."""

    def __init__(self, maker: str, destroyer: str, *arguments: object) -> None:
        self.pointer = c_void_p()
        self._destroyer = destroyer
        check(maker, *arguments, ctypes.byref(self.pointer))

    def __del__(self) -> None:
        pointer, self.pointer = getattr(self, "pointer", None), None
        if pointer and _functions is not None:
            getattr(_functions, self._destroyer)(pointer)


class Interrupts:
    """Puts Ctrl-C off to the end of a `with` block, which then raises KeyboardInterrupt: nothing is left half done.

    A block within another one is part of it.

    Attributes:
        count: how often Ctrl-C has come.
    """

    def __init__(self) -> None:
        self.count = 0
        self._holds = False

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is not threading.main_thread():
            return self
        handler = signal.getsignal(signal.SIGINT)
        outer = getattr(handler, "__self__", None)
        if isinstance(outer, Interrupts):
            return outer
        # Another's handler is left to it.
        self._holds = handler is signal.default_int_handler
        if self._holds:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._holds:
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.count and kind is not KeyboardInterrupt:
            raise KeyboardInterrupt

    def _note(self, _signal: int, _frame: object) -> None:
        self.count += 1


class Callbacks:
    """Python functions that the library calls; what they raise goes on to whoever called the library.

    Ctrl-C is noticed between them, and then raises KeyboardInterrupt: an exception of the signal's own could come where
    nothing catches it. Where it comes behind the last of them, an `Interrupts` around the call has its work finished.
    """

    def __init__(self, loss: Callable[[], float] | None = None) -> None:
        self._failure: BaseException | None = None
        self._interrupts, self._interrupts_before = Interrupts(), 0
        self._function = loss
        self.loss = Loss(self._loss) if loss is not None else Loss()
        self._progress = Progress(self._look)
        self.watch = Watch(None, self._progress)

    def _loss(self, _context: object, out: object) -> int:
        try:
            out[0] = float(self._function())
        except BaseException as failure:
            self._failure = failure
        return self._look(None, 0.0)

    def _look(self, _context: object, _fraction: float) -> int:
        return int(self._failure is not None or self._interrupts.count > self._interrupts_before)

    def check(self, name: str, *arguments: object) -> None:
        """As `check`; raises what a callback raised, or KeyboardInterrupt after Ctrl-C."""
        try:
            with Interrupts() as interrupts:
                self._interrupts, self._interrupts_before = interrupts, interrupts.count
                check(name, *arguments)
        except KeyboardInterrupt:
            if self._failure is None:
                raise
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


def int64s(values: Sequence[int]) -> ctypes.Array:
    return (c_int64 * max(1, len(values)))(*values)
