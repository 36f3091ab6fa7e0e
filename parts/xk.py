import sys
from jupyter_client import BlockingKernelClient
import re
kc=BlockingKernelClient(); kc.load_connection_file("/tmp/ch4_work/kernel.json"); kc.start_channels(); kc.wait_for_ready(timeout=900)
def hook(m):
    c=m["content"]
    if m["msg_type"]=="stream": print(c["text"],end="")
    elif m["msg_type"]=="error": print(re.sub(r"\x1b\[[0-9;]*m","","\n".join(c["traceback"]))[-1500:])
kc.execute_interactive(sys.stdin.read(),output_hook=hook,timeout=900)
