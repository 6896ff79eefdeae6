"""AMQP channels that stay open, and whether publishing over one still works.

    hold SOCKET    keeps a channel for each line of $HOLDS (`user:password`); opens it again where it was closed and may be
    ask SOCKET     ends with 0 where whoever has $RUNAWAY_CREDENTIAL can publish over the channel that is held, else with 1
"""

import os
import socket
import sys

import pika
from pika.exceptions import AMQPError


def opened(credential):
    user, password = credential.split(":", 1)
    by = pika.PlainCredentials(user, password)
    channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(os.environ["AMQP"]), "drill", by)).channel()
    channel.confirm_delivery()
    print("opened", user, flush=True)
    return channel


def publishes(channels, credential):
    if credential not in channels:
        return False
    try:
        channel = channels[credential] or opened(credential)
        channels[credential] = channel
        channel.basic_publish("nowhere", "", b"probe")
        return True
    except AMQPError:
        channels[credential] = None
        return False


def hold(path):
    channels = {credential: opened(credential) for credential in os.environ["HOLDS"].splitlines()}
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    while True:
        caller, _ = listener.accept()
        with caller:
            caller.sendall(b"yes" if publishes(channels, caller.recv(1000).decode()) else b"no")


def ask(path):
    with socket.socket(socket.AF_UNIX) as holder:
        holder.connect(path)
        holder.sendall(os.environ.get("RUNAWAY_CREDENTIAL", "nobody").encode())
        return 0 if holder.recv(10) == b"yes" else 1


if __name__ == "__main__":
    sys.exit({"hold": hold, "ask": ask}[sys.argv[1]](sys.argv[2]))
