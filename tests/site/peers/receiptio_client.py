# npm receiptio 2.1.2 as a client of a simulated printer. It knows one port, 9100: so it runs in a network namespace of
# its own (this script is started under `unshare -n`), and a socket file leads out of it.
# Arguments: socket file, node, receiptio's cli.js, receipt file.
import socket, subprocess, sys, threading


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


def lead(listener, path):
    while True:
        inside, _ = listener.accept()
        outside = socket.socket(socket.AF_UNIX)
        outside.connect(path)
        threading.Thread(target=pour, args=(inside, outside), daemon=True).start()
        threading.Thread(target=pour, args=(outside, inside), daemon=True).start()


path, node, cli, receipt = sys.argv[1:]
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
listener = socket.create_server(("127.0.0.1", 9100))
threading.Thread(target=lead, args=(listener, path), daemon=True).start()
print("namespace ready", flush=True)
for words in (["-q"], ["-c", "48", receipt]):
    run = subprocess.run([node, cli, "-d", "127.0.0.1", *words], capture_output=True, text=True, timeout=60)
    print("receiptio", words[0], run.returncode, run.stdout.strip(), run.stderr.strip(), flush=True)
