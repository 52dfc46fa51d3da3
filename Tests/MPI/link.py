"""Two network namespaces, each with a host name of its own, joined by a link that tc makes slow."""

import json
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Missing(Exception):
    """There is no way to make namespaces here."""


def command(*words):
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        raise Missing(f"{' '.join(words)}: {(result.stderr or result.stdout).strip()}")
    return result.stdout


class Link:
    addresses = ["10.213.77.1", "10.213.77.2"]

    def __init__(self, rate):
        self.rate = rate
        self.spaces = [f"nino-{os.getpid()}-{end}" for end in "ab"]
        self.ends = [f"nino{os.getpid()}{end}"[-15:] for end in "ab"]
        for program in ("ip", "tc", "unshare"):
            if shutil.which(program) is None:
                raise Missing(f"no program {program}")
        try:
            self.make()
        except Missing:
            self.remove()
            raise

    def make(self):
        for space in self.spaces:
            command("ip", "netns", "add", space)
        first, second = self.ends
        command("ip", "-n", self.spaces[0], "link", "add", first, "type", "veth",
                "peer", "name", second, "netns", self.spaces[1])  # fmt: skip
        for space, end, address in zip(self.spaces, self.ends, self.addresses, strict=True):
            command("ip", "-n", space, "addr", "add", f"{address}/24", "dev", end)
            command("ip", "-n", space, "link", "set", "lo", "up")
            command("ip", "-n", space, "link", "set", end, "up")
            command("tc", "-n", space, "qdisc", "add", "dev", end, "root", "tbf",
                    "rate", self.rate, "burst", "64kb", "latency", "50ms")  # fmt: skip

    def remove(self):
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True)

    def bytes_sent(self):
        """By both ends, with all headers."""
        total = 0
        for space, end in zip(self.spaces, self.ends, strict=True):
            total += json.loads(command("ip", "-n", space, "-s", "-j", "link", "show", end))[0]["stats64"]["tx"][
                "bytes"
            ]
        return total

    def launch(self):
        """mpirun in the first namespace, with a rank in each."""
        network = self.addresses[0].rsplit(".", 1)[0] + ".0/24"
        words = ["mpirun", "--bind-to", "none", "-n", "2", "--host", ",".join(f"{a}:1" for a in self.addresses)]
        for key, value in {
            "plm_rsh_agent": os.path.join(HERE, "enter") + " " + self.spaces[1],
            "btl": "tcp,self",
            "btl_tcp_if_include": network,
            "oob_tcp_if_include": network,
        }.items():
            words += ["--mca", key, value]
        named = f'hostname {self.spaces[0]} && exec "$@"'
        return ["ip", "netns", "exec", self.spaces[0], "unshare", "--uts", "sh", "-c", named, "sh", *words]
