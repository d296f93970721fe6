"""PyPI osdp 1.6 as a panel of the reader at address 101 on the serial port given: gives it a key, asks who it is, has it
light up and pulse its output, and hears a card."""
import sys
import time

from osdp import (
    ControlPanel, LedColor, OutputControl, OutputControlCode, OutputControls, PermanentReaderControlCode,
    ReaderLedControl, ReaderLedControls, SerialPortOsdpConnection, TemporaryReaderControlCode,
)

panel = ControlPanel(master_key=bytes(range(1, 17)))
heard = []
panel.on_raw_card_data_reply_received = lambda address, card: heard.append((address, card))
bus = panel.start_connection(SerialPortOsdpConnection(port=sys.argv[1], baud_rate=9600))
panel.add_device(bus, 101, use_crc=True, use_secure_channel=True)
device = panel._buses[bus]._configured_devices[101]
while not device.is_security_established or device.is_scbkd:
    time.sleep(0.1)
print("secure")
identity = panel.id_report(bus, 101)
print("identity", identity.vendor_code.hex(), identity.serial_number)
status = panel.local_status(bus, 101)
print("status", status.tamper, status.power_failure)
lit = panel.reader_led_control(bus, 101, ReaderLedControls([ReaderLedControl(
    0, 0, TemporaryReaderControlCode.SetTemporaryAndStartTimer, 1, 0, LedColor.Red, LedColor.Black, 10,
    PermanentReaderControlCode.Nop, 0, 0, LedColor.Black, LedColor.Black,
)]))
print("lit", lit)
pulsed = panel.output_control(bus, 101, OutputControls([OutputControl(
    0, OutputControlCode.TemporaryStateOnResumePermanentState, 30,
)]))
print("pulsed", pulsed)
while not heard:
    time.sleep(0.1)
address, card = heard[0]
print("card", address, card.bit_count, card.data.hex())
panel.shutdown()
