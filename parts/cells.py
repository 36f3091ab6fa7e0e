"""cells.py start | cells.py list | cells.py run N [M] — run code cells of the chapter in a kept kernel."""
import re, sys, json, time, base64, os, subprocess
from jupyter_client import BlockingKernelClient, KernelManager
CH=os.environ.get("CH","/tmp/ch4/solutions/ch04_generation.md")
CONN="/tmp/ch4_work/kernel.json"
def cells():
    s=open(CH).read()
    out=[]
    for m in re.finditer(r"^```\{code-cell\} ipython3\n(.*?)^```$",s,re.S|re.M):
        body=m.group(1)
        name=""
        if body.startswith("---\n"):
            head,body=body[4:].split("\n---\n",1)
            f=re.search(r"name: (\S+)",head); name=f.group(1) if f else ""
        lines=body.split("\n")
        while lines and lines[0].startswith(":"):
            name=lines.pop(0)+" "+name
        line=s[:m.start()].count("\n")+1
        out.append((line,name,"\n".join(lines)))
    return out
if sys.argv[1]=="list":
    for i,(l,n,b) in enumerate(cells()):
        first=[x for x in b.strip().split("\n") if x][0]
        print(i,l,n,first[:70])
elif sys.argv[1]=="start":
    env=dict(os.environ,PYTHONPATH="/tmp/ch4",OMP_NUM_THREADS="1")
    subprocess.Popen(["/tmp/ch4/.venv/bin/python","-m","ipykernel_launcher","-f",CONN],env=env,cwd="/tmp/ch4",stdout=open("/tmp/ch4_work/k.log","w"),stderr=subprocess.STDOUT)
else:
    kc=BlockingKernelClient(); kc.load_connection_file(CONN); kc.start_channels(); kc.wait_for_ready(timeout=60)
    a=int(sys.argv[2]); b=int(sys.argv[3]) if len(sys.argv)>3 else a
    cs=cells()
    nfig=0
    for i in range(a,min(b,len(cs)-1)+1):
        l,n,body=cs[i]
        code="import time as _t; _c=_t.process_time()\n"
        state={"err":False}
        def hook(msg):
            t=msg["msg_type"]; c=msg["content"]
            if t=="stream": print(c["text"],end="")
            elif t=="error":
                state["err"]=True
                tb=re.sub(r"\x1b\[[0-9;]*m","","\n".join(c["traceback"])); print(tb[-1800:])
            elif t in("display_data","execute_result"):
                d=c["data"]
                if "image/svg+xml" in d:
                    p=f"/tmp/ch4_work/fig_{i:03d}.svg"; open(p,"w").write(d["image/svg+xml"]); print("[fig]",p)
                elif "image/png" in d:
                    p=f"/tmp/ch4_work/fig_{i:03d}.png"; open(p,"wb").write(base64.b64decode(d["image/png"])); print("[fig]",p)
                else: print(d.get("text/plain","")[:300])
        kc.execute_interactive("import time as _t; _c=_t.process_time()",silent=True,output_hook=lambda m:None,timeout=900)
        print(f"=== cell {i} line {l} {n}")
        kc.execute_interactive(body,output_hook=hook,timeout=900,allow_stdin=False)
        kc.execute_interactive("print(f'--- {_t.process_time()-_c:.2f} s cpu')",output_hook=hook,timeout=900)
        sys.stdout.flush()
