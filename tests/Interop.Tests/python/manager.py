"""A client of a manager's server, for the tests: Python's standard library and the module msgpack, and the page on the protocol.

    manager.py ADDRESS KEY LIST NAMESPACE    works on the list and the namespace of these names
"""

import sys
from multiprocessing.connection import Client

import msgpack

REFERENCE = 4


class ServerError(Exception):
    pass


class Manager:
    def __init__(self, address, key):
        host, port = address[6:].rsplit(":", 1)
        self.connection = Client((host, int(port)), authkey=key.encode())
        self.send(["ipcdemos-manager", 2, "python", 0])
        self.server = self.receive()[0]
        assert self.server[:2] == ["ipcdemos-manager", 2], self.server
        self.last = 0
        self.answers = {}

    def send(self, message):
        self.connection.send_bytes(msgpack.packb(message))

    def receive(self):
        unpacker = msgpack.Unpacker(strict_map_key=False)
        unpacker.feed(self.connection.recv_bytes())
        return list(unpacker)

    def call(self, target, method, *arguments):
        self.last += 1
        self.send([self.last, target, method, list(arguments)])
        while self.last not in self.answers:
            for identity, kind, result in self.receive():
                self.answers[identity] = kind, result
        kind, result = self.answers.pop(self.last)
        if kind == 1:
            raise ServerError(*result)
        return result

    def open(self, name):
        kind, reference = self.call(0, "open", name)
        assert reference.code == REFERENCE
        return kind, Shared(self, int.from_bytes(reference.data, "big"))


class Shared:
    def __init__(self, manager, number):
        self.manager, self.number = manager, number

    def __getattr__(self, method):
        return lambda *arguments: self.manager.call(self.number, method, *arguments)


def main(address, key, list_name, namespace_name):
    manager = Manager(address, key)
    kind, numbers = manager.open(list_name)
    assert kind == "list"
    assert numbers.length() == 3
    assert numbers.range(0, 10) == [1, 2, 3]
    numbers.append(4)
    numbers.extend([5, "six", [7, None, 8.5]])
    assert numbers.get(-1) == [7, None, 8.5]
    assert numbers.increment(0, 10) == 11
    try:
        numbers.get(99)
        raise AssertionError("an index beyond the list was accepted")
    except ServerError as error:
        code, (type_name, message, stack, inner) = error.args
        assert code == 2, error
        print("refused:", message)

    kind, space = manager.open(namespace_name)
    assert kind == "namespace"
    assert space.get("x") == 1
    space.set("x", space.get("x") + 5)
    space.set("greeting", "hello from Python")
    version, value = space.try_get("absent")
    assert (version, value) == (-1, None)
    print("done")


main(*sys.argv[1:])
