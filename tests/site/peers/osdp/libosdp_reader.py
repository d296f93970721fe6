"""PyPI libosdp 3.2.9 as a reader at address 101, on a pseudo-terminal whose other end is the panel's.

Argument: its key in hex, or `new`: it waits for one in its install mode. It shows a card once a session is up, again and
again until it is told to beep."""
import os
import sys
import time
import tty

from osdp import (
    Capability, CardFormat, Channel, Command, Event, LibFlag, LogLevel, PDCapabilities, PDInfo, PeripheralDevice,
)

reader_end, panel_end = os.openpty()
tty.setraw(panel_end)
os.set_blocking(reader_end, False)


class Bus(Channel):
    def read(self, max_bytes):
        try:
            return os.read(reader_end, max_bytes)
        except BlockingIOError:
            return b""

    def write(self, buf):
        return os.write(reader_end, buf)

    def flush(self):
        pass


def obey(command):
    if command["command"] == Command.Keyset:
        print("key", command["data"].hex())
    elif command["command"] == Command.LED:
        print("light", command["on_color"])
    elif command["command"] == Command.Buzzer:
        print("beep", command["rep_count"])
        obey.beeped = True
    elif command["command"] == Command.Output:
        print("output", command["output_no"], command["control_code"], command["timer_count"])
    return 0, None


obey.beeped = False
key = None if sys.argv[1] == "new" else bytes.fromhex(sys.argv[1])
reader = PeripheralDevice(
    PDInfo(101, Bus(), scbk=key, flags=[LibFlag.InstallMode if key is None else LibFlag.EnforceSecure]),
    PDCapabilities([
        (Capability.OutputControl, 1, 1),
        (Capability.LEDControl, 1, 1),
        (Capability.AudibleControl, 1, 1),
        (Capability.CommunicationSecurity, 1, 1),
    ]),
    log_level=LogLevel.Debug,
    command_handler=obey,
)
reader.start()
print("port", os.ttyname(panel_end))
while not reader.is_sc_active():
    time.sleep(0.1)
print("secure")
# Facility 12, number 3456, with Wiegand's parity.
card = {
    "event": Event.CardRead, "reader_no": 0, "format": CardFormat.Wiegand, "direction": 0, "length": 26,
    "data": (0x00181B01 << 6).to_bytes(4, "big"),
}
while not obey.beeped:
    reader.submit_event(card)
    time.sleep(1)
print("accepted")
while True:
    time.sleep(1)
