"""PyPI pymodbus 3.16.1 works a simulated relay board. Arguments: `tcp` and a port, or `rtu` and a serial port's path."""
import sys
import time

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.pdu import ModbusPDU

UNIT = 1


class FlashOn(ModbusPDU):
    """Function 05 as Waveshare's boards know it: 0x0200 + coil, and tenths of a second."""

    function_code = 5
    rtu_frame_size = 8

    def __init__(self, body=b"", dev_id=0, transaction_id=0):
        super().__init__(dev_id=dev_id, transaction_id=transaction_id)
        self.body = body

    def encode(self):
        return self.body

    def decode(self, data):
        self.body = bytes(data)


def connected():
    if sys.argv[1] == "tcp":
        return ModbusTcpClient("127.0.0.1", port=int(sys.argv[2]), timeout=2, retries=0)
    return ModbusSerialClient(sys.argv[2], baudrate=9600, timeout=2, retries=0)


client = connected()
print("connected", client.connect())
print("inputs", client.read_discrete_inputs(0, count=6, device_id=UNIT).bits[:6])
print("on", not client.write_coil(1, True, device_id=UNIT).isError())
print("coils", client.read_coils(0, count=4, device_id=UNIT).bits[:4])
print("off", not client.write_coil(1, False, device_id=UNIT).isError())
print("both", not client.write_coils(0, [True, True], device_id=UNIT).isError())
print("none", not client.write_coils(0, [False, False], device_id=UNIT).isError())
print("beyond", client.read_coils(7, count=2, device_id=UNIT).exception_code)
print("words", client.read_holding_registers(0, count=1, device_id=UNIT).exception_code)
client.register(FlashOn)
flashed = client.execute(False, FlashOn(bytes([0x02, 0x00, 0x00, 0x03]), dev_id=UNIT))
print("flash", flashed.body.hex())
time.sleep(0.2)
print("free", flush=True)
client.close()
