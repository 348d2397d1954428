import multiprocessing
import time

from harness import main, per_iteration


def echo(connection):
    try:
        while True:
            connection.send(connection.recv())
    except EOFError:
        pass


def ping_pong(iterations):
    """Microseconds per round trip of [42, None, "hello"] through Pipe(), the default, a socket pair."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=echo, args=(there,), daemon=True)
    process.start()
    there.close()

    def work():
        here.send([42, None, "hello"])
        here.recv()

    seconds = per_iteration(iterations, work)
    process.kill()  # forked: it holds this end too, so that closing it would not end the echo
    process.join()
    return seconds * 1e6


def receive_bytes(messages, answers):
    try:
        while True:
            for _ in range(messages.recv()):
                messages.recv_bytes()
            answers.send(None)
    except EOFError:
        pass


def receive_bytes_into(messages, answers):
    buffer = bytearray(1 << 20)
    try:
        while True:
            for _ in range(messages.recv()):
                messages.recv_bytes_into(buffer)
            answers.send(None)
    except EOFError:
        pass


def one_way(receiver, length, count):
    """Seconds per message from the first send until the receiver has answered that it has the last one."""
    message = bytes(length)
    messages, sending = multiprocessing.Pipe(duplex=False)
    answers, answering = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=receiver, args=(messages, answering), daemon=True)
    process.start()

    def send(count):
        sending.send(count)
        for _ in range(count):
            sending.send_bytes(message)
        answers.recv()

    send(count // 10)
    start = time.perf_counter()
    send(count)
    seconds = (time.perf_counter() - start) / count
    process.kill()
    process.join()
    return seconds


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main({
        "ping_pong": ping_pong,
        "messages_per_second": lambda length, count: 1 / one_way(receive_bytes, length, count),
        "megabytes_per_second": lambda length, count: length / one_way(receive_bytes, length, count) / 1e6,
        "megabytes_per_second_into": lambda length, count: length / one_way(receive_bytes_into, length, count) / 1e6,
    })
