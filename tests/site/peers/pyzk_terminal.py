"""PyPI pyzk 0.9 reads a simulated ZKTeco terminal. Arguments: port, comm key, `tcp` or `udp`."""
import sys

from zk import ZK
from zk.exception import ZKErrorResponse

port, key, way = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


def terminal(password):
    return ZK(
        "127.0.0.1",
        port=port,
        timeout=20,
        password=password,
        force_udp=way == "udp",
        ommit_ping=True,
        encoding="windows-1251",
    )


try:
    terminal(key + 1).connect()
    print("wrong key believed")
except ZKErrorResponse:
    print("wrong key refused")

device = terminal(key)
device.connect()
print("device", device.get_serialnumber(), device.get_platform(), device.get_firmware_version())
device.disable_device()
users = device.get_users()
print("users", ",".join(f"{user.uid}/{user.user_id}/{user.name}" for user in users))
print("attendance", len(device.get_attendance()))
device.enable_device()
device.set_time(device.get_time())
device.unlock(2)
print("unlocked")
for event in device.live_capture(20):
    print("heard", event.user_id, event.status, event.punch) if event else print("heard nothing")
    break
device.disconnect()
print("done")
