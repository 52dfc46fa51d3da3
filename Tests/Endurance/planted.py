"""Faults that a sanitizer must find, and one thing that it must not: its silence about commands says nothing else.

    python3 Tests/Endurance/planted.py thread .build-thread/release

Every plugin beside `nino` must be built with the sanitizer too, as it sees only what was. Exit status 1 if something is
not as it should be. `make sanitize` runs it.
"""

import os
import subprocess
import sys

# A fault that `nino-fuzz --plant` does, and what the sanitizer says of it: "data race" or "Swift access race"; None
# where it must say nothing. A lock is waited for in there.
PLANTED = {
    "address": {"overflow": "AddressSanitizer: heap-buffer-overflow", "lock": None},
    "thread": {"race": "race (pid=", "lock": None},
}
# Called where memory is read.
CALLED = {"address": b"__asan_report_load", "thread": b"__tsan_read"}


def planted(sanitizer, folder):
    for fault, report in PLANTED[sanitizer].items():
        command = [os.path.join(folder, "nino-fuzz"), "--plant", fault]
        result = subprocess.run(command, capture_output=True, text=True)
        if report is None:
            yield fault, result.returncode == 0 and "Sanitizer" not in result.stderr, result.stderr
        else:
            yield fault, result.returncode != 0 and report in result.stderr, result.stderr


def plugins(sanitizer, folder):
    names = [name for name in sorted(os.listdir(folder)) if name.startswith("libNino") and name.endswith(".so")]
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            yield name, CALLED[sanitizer] in file.read(), ""
    yield "plugins", len(names) >= 10, f"found {len(names)} plugins in {folder}"


def main():
    sanitizer, folder = sys.argv[1:]
    failed = 0
    for check in (planted, plugins):
        for name, passed, text in check(sanitizer, folder):
            print(f"{name:20}  {'as it should be' if passed else 'FAILED'}", flush=True)
            if not passed:
                failed += 1
                print(text[-6000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
