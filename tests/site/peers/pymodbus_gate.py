"""PyPI pymodbus 3.16.1 serves a relay board with a gate behind it. Arguments: `tcp`, or `rtu` and a serial port's path.

It says every coil that is written. Whoever is let through passes a moment later.
"""
import asyncio
import sys
import time

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

UNIT = 7
READ_DISCRETE_INPUTS, WRITE_COIL = 2, 5
# Seconds after the command, and for how long the PASS contact is open.
PASSES_AFTER, PASSES_FOR = 0.5, 0.4

passed_at = {0: float("-inf"), 1: float("-inf")}


async def gate(function, start, address, count, registers, values):
    """Contacts of both sides are closed at rest and open on passage."""
    # After a write it is asked once more, for what it answers, without values.
    if function == WRITE_COIL and values is not None:
        on = bool(values[0])
        print(f"coil {address} {'on' if on else 'off'}", flush=True)
        if on:
            passed_at[address] = time.monotonic() + PASSES_AFTER
    if function == READ_DISCRETE_INPUTS:
        for side, at in passed_at.items():
            passing = at <= time.monotonic() < at + PASSES_FOR
            show(registers, side, not passing)
    return None


def show(registers, bit, closed):
    """Sixteen bits are one register."""
    if closed:
        registers[0] |= 1 << bit
    else:
        registers[0] &= ~(1 << bit)


def device():
    coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    inputs = [SimData(0, values=[True] * 16, datatype=DataType.BITS)]
    words = [SimData(0, values=[0], datatype=DataType.REGISTERS)]
    return SimDevice(id=UNIT, simdata=(coils, inputs, words, words), action=gate)


async def main():
    if sys.argv[1] == "tcp":
        server = ModbusTcpServer(device(), address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        host, port = server.transport.sockets[0].getsockname()
        print(f"listening modbus {host}:{port}", flush=True)
    else:
        server = ModbusSerialServer(device(), framer=FramerType.RTU, port=sys.argv[2], baudrate=9600)
        await server.serve_forever(background=True)
        print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
