"""Reads codes from a serial scanner as any till does: pyserial, line by line. Usage: PATH COUNT"""

import sys

import serial

path, count = sys.argv[1], int(sys.argv[2])
with serial.Serial(path, 9600, timeout=20, exclusive=True) as port:
    print("listening")
    for _ in range(count):
        print("code", port.read_until(b"\r\n").decode("ascii").rstrip("\r\n"))
