# Debian's ippeveprinter in namespaces of its own (this script is started under `unshare -n -m -p -f --mount-proc`): it
# wants D-Bus and Avahi, which must not meet those of the machine. A socket file leads in.
# Arguments: socket file, spool folder, command that takes each page, or -.
import os, socket, subprocess, sys, threading, time


def pour(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


path, spool, command = sys.argv[1:]
os.environ["PATH"] += ":/usr/sbin"
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
os.makedirs("/run/dbus")
# Avahi announces nothing where nothing is heard by many.
subprocess.run(["ip", "link", "set", "lo", "up", "multicast", "on"], check=True)
subprocess.run(["dbus-daemon", "--system", "--fork"], check=True)
subprocess.run(["avahi-daemon", "-D", "--no-drop-root", "--no-chroot"], check=True)
words = ["ippeveprinter", "-p", "18631", "-k", "-d", spool, "-n", "localhost"]
if command != "-":
    words += ["-c", command]
printer = subprocess.Popen([*words, "-f", "image/pwg-raster,image/urf,application/pdf", "Ostona Test"])
for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", 18631), 1).close()
        break
    except OSError:
        time.sleep(0.05)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
print("printer ready", flush=True)
while True:
    outside, _ = listener.accept()
    inside = socket.create_connection(("127.0.0.1", 18631))
    threading.Thread(target=pour, args=(inside, outside), daemon=True).start()
    threading.Thread(target=pour, args=(outside, inside), daemon=True).start()
