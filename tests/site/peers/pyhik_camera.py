"""PyPI pyhik 0.4.8 follows a simulated camera and reports motion. Arguments: port, user, password.

Prints "streaming" once the stream is open, then one line per callback, and ends after the second.
"""
import sys
import threading
import time

from pyhik.hikvision import HikCamera

port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
camera = HikCamera("http://127.0.0.1", port=port, usr=user, pwd=password)
print("camera", camera.get_name, camera.get_type, sorted(camera.current_event_states), flush=True)

heard = threading.Semaphore(0)
moving = [False]


def moved(message):
    # Also called when the stream connects or breaks: only a change of the state is news.
    state = camera.fetch_attributes("Motion", 1)[0]
    if state != moving[0]:
        moving[0] = state
        print("callback", message, state, flush=True)
        heard.release()


camera.add_update_callback(moved, f"{camera.get_id}.Motion.1")
camera.start_stream()
deadline = time.monotonic() + 20
while not camera.stream_connected and time.monotonic() < deadline:
    time.sleep(0.01)
print("streaming", camera.stream_connected, flush=True)
both = all(heard.acquire(timeout=20) for _ in range(2))
print("heard both" if both else "heard too little", flush=True)
camera.disconnect()
