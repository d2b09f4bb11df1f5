"""Runs a command on a terminal of its own, types a line at each prompt, then Ctrl-C, and prints what the terminal showed."""

import json
import os
import pty
import re
import select
import signal
import sys
import time

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
typed = 0
while True:
    ready, _, _ = select.select([terminal], [], [], 60)
    if not ready:
        os.kill(child, signal.SIGKILL)
        break
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    shown += chunk
    # A prompt ends its line with a colon and a space, and nothing follows.
    if re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", shown).endswith(b": ") and not select.select([terminal], [], [], 0.1)[0]:
        if typed < len(answers):
            os.write(terminal, answers[typed].encode() + b"\r")
            typed += 1
        else:
            os.write(terminal, b"\x03")
        time.sleep(0.02)
sys.stdout.buffer.write(shown)
sys.stdout.flush()
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
