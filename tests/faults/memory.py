# SPDX-License-Identifier: MIT
"""Searches the memory of a process at the moment it exits."""
import os
import platform
import subprocess
import tempfile
import time

import commands

EXIT_GROUP = {"x86_64": "231", "aarch64": "94"}[platform.machine()]


def run_and_scan(strace, work, memscan, find_secrets):
    """Runs a command line that begins with strace and has "--" before the traced command.
    Returns exit status, output, and what memscan found ("": nothing; None: the process was
    killed before it exited). find_secrets is called only then, because a run creates secrets
    itself."""
    border = strace.index("--")
    strace = strace[:border] + ["-e", "inject=exit_group:delay_enter=60s"] + strace[border:]
    with subprocess.Popen(strace, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=commands.environment()) as tracer:
        child, status = wait_for_exit(tracer)
        found = None
        if child:
            found = scan(child, memscan, find_secrets())
            # strace sleeps for the rest of the delay and would not notice the child's exit
            tracer.kill()
        words = tracer.stdout.read()
        tracer.wait()
    return status if child else tracer.returncode, words, found


def wait_for_exit(tracer):
    """Waits until the traced process is about to exit. Returns its ID and exit status, or None
    if it was killed."""
    children = "/proc/%d/task/%d/children" % (tracer.pid, tracer.pid)
    deadline = time.monotonic() + 50
    while tracer.poll() is None and time.monotonic() < deadline:
        try:
            with open(children, encoding="ascii") as file:
                # strace briefly has other children when it starts
                for child in file.read().split():
                    status = exit_status(child)
                    if status is not None:
                        return int(child), status
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.001)
    return None, None


def exit_status(child):
    """The exit status that a process is passing to exit_group(2), or None."""
    with open("/proc/%s/syscall" % child, encoding="ascii") as file:
        call = file.read().split()
    with open("/proc/%s/comm" % child, encoding="ascii") as file:
        is_command = file.read().strip() != "strace"
    return int(call[1], 16) & 255 if is_command and call[0] == EXIT_GROUP else None


def scan(child, memscan, secrets):
    with tempfile.NamedTemporaryFile() as file:
        for secret in secrets:
            file.write(secret.hex().encode() + b"\n")
        file.flush()
        return subprocess.run([memscan, str(child), file.name], stdout=subprocess.PIPE,
                              check=True).stdout.decode().strip()
