"""Speaks MessagePack for the tests: data on standard input, the answer on standard output.

    messages.py pack      Python expressions, one a line, become one message: an array of their values
    messages.py unpack    a message, an array, becomes the repr of its elements, one a line
    messages.py echo      a message is read and written again
"""

import sys
from datetime import datetime, timezone  # noqa: F401 (the expressions use them)

import msgpack


def unpack(data):
    return msgpack.unpackb(data, strict_map_key=False, timestamp=3)


def main(mode):
    data = sys.stdin.buffer.read()
    if mode == "pack":
        values = [eval(line) for line in data.decode().splitlines()]
        sys.stdout.buffer.write(msgpack.packb(values, datetime=True))
    elif mode == "unpack":
        sys.stdout.buffer.write("\n".join(map(repr, unpack(data))).encode())
    else:
        sys.stdout.buffer.write(msgpack.packb(unpack(data), datetime=True))


main(sys.argv[1])
