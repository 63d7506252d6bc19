"""The floor under every exchange of bytes: a socket that sends back the body of a POST, as it comes.

At /later it waits for all of the body first, for clients that read nothing before they have sent everything.
"""

import os
import socket

BUFFER = 2**20


def answer(connection: socket.socket, buffer: memoryview) -> bool:
    """Answer a request; whether there was one."""
    received = b""
    while b"\r\n\r\n" not in received:
        count = connection.recv_into(buffer)
        if not count:
            return False
        received += bytes(buffer[:count])
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    fields = dict(line.lower().split(b":", 1) for line in lines[1:])
    length = int(fields[b"content-length"])
    start = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    left = length - len(body)
    if lines[0].split()[1] == b"/later":
        kept = bytearray(length)
        kept[: len(body)] = body
        rest = memoryview(kept)[len(body) :]
        while rest:
            rest = rest[connection.recv_into(rest) :]
        connection.sendall(start)
        connection.sendall(kept)
        return True
    connection.sendall(start + body)
    while left and (count := connection.recv_into(buffer)):
        connection.sendall(buffer[:count])
        left -= count
    return True


def main() -> None:
    """Serve one connection after the other."""
    buffer = memoryview(bytearray(BUFFER))
    with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as listener:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection:
                while answer(connection, buffer):
                    pass


if __name__ == "__main__":
    main()
