import re,json,subprocess,pathlib
p=pathlib.Path("/tmp/ch4_work/ch04.md"); s=p.read_text()
ms=list(re.finditer(r"^```\{code-cell\} ipython3\n(.*?)^```$",s,re.S|re.M))
heads=[];bodies=[]
for m in ms:
    body=m.group(1); head=""
    if body.startswith("---\n"):
        i=body.index("\n---\n",4)+5; head,body=body[:i],body[i:]
    else:
        while body.startswith(":"):
            i=body.index("\n")+1; head+=body[:i]; body=body[i:]
        if head and body.startswith("\n"): head+="\n"; body=body[1:]
    heads.append(head); bodies.append(body.rstrip("\n"))
nb={"cells":[{"cell_type":"code","execution_count":None,"id":f"c{i}","metadata":{},"outputs":[],"source":b} for i,b in enumerate(bodies)],"metadata":{"kernelspec":{"language":"python","name":"python3","display_name":"p"},"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":5}
f=pathlib.Path("/tmp/ch4_work/fmt.ipynb"); f.write_text(json.dumps(nb))
R="/tmp/ch4/.venv/bin/ruff"; C=["--config","/tmp/ch4/pyproject.toml"]
print(subprocess.run([R,"format",*C,str(f)],capture_output=True,text=True))
out=json.loads(f.read_text())
new=[];last=0
for m,h,c in zip(ms,heads,out["cells"]):
    src="".join(c["source"]); new.append(s[last:m.start()]+"```{code-cell} ipython3\n"+h+src+"\n```"); last=m.end()
new.append(s[last:]); p.write_text("".join(new))
print(subprocess.run([R,"check",*C,"--select","E,F,W,B",str(f)],capture_output=True,text=True).stdout[-4000:])
