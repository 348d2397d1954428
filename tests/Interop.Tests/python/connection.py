"""Python's own listener and client, for the tests; nothing but its standard library.

    connection.py listen KEY [unix|tcp]     prints its address, accepts one client and echoes its messages
    connection.py connect ADDRESS KEY       sends messages to a listener and checks that each comes back
    connection.py long-header ADDRESS KEY   sends short messages behind the header of long ones, to a listener and to itself

ADDRESS is tcp://host:port, unix:/path or unix:@name.
"""

import os
import struct
import sys
from multiprocessing import Pipe
from multiprocessing.connection import AuthenticationError, Client, Listener

SIZES = [0, 1, 100, 16384, 16385, 70000, 3_000_000]


def parse(address):
    if address.startswith("tcp://"):
        host, port = address[6:].rsplit(":", 1)
        return host, int(port)
    path = address[5:]
    return "\0" + path[1:] if path.startswith("@") else path


def text(address):
    return "tcp://%s:%d" % address if isinstance(address, tuple) else "unix:" + address


def listen(key, family):
    with Listener(family="AF_INET" if family == "tcp" else "AF_UNIX", authkey=key.encode()) as listener:
        print(text(listener.address), flush=True)
        try:
            connection = listener.accept()
        except AuthenticationError as error:
            print("AuthenticationError", error)
            return
        with connection:
            try:
                while True:
                    connection.send_bytes(connection.recv_bytes())
            except EOFError:
                print("end", flush=True)


def connect(address, key):
    try:
        connection = Client(parse(address), authkey=key.encode() if key else None)
    except AuthenticationError as error:
        print("AuthenticationError", error)
        return
    with connection:
        for size in SIZES:
            message = bytes(index % 251 for index in range(size))
            connection.send_bytes(message)
            assert connection.recv_bytes() == message, size
    print("done")


def send_long_header(connection, body):
    message = struct.pack("!i", -1) + struct.pack("!Q", len(body)) + body
    while message:
        message = message[os.write(connection.fileno(), message):]


def long_header(address, key):
    here, there = Pipe()
    with Client(parse(address), authkey=key.encode()) as connection:
        for body in [b"", b"short", bytes(20000)]:
            send_long_header(here, body)
            assert there.recv_bytes() == body, "python"
            send_long_header(connection, body)
            assert connection.recv_bytes() == body, len(body)
    print("done")


if sys.argv[1] == "listen":
    listen(sys.argv[2], sys.argv[3])
elif sys.argv[1] == "long-header":
    long_header(sys.argv[2], sys.argv[3])
else:
    connect(sys.argv[2], sys.argv[3])
