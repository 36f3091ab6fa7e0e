import re, pathlib
t=pathlib.Path("/tmp/ch4_work/ch04.md").read_text()
def part(m):
    f=pathlib.Path(f"/tmp/ch4_parts/{m.group(1)}.md")
    return f.read_text().strip("\n") if f.exists() else m.group(0)
out=re.sub(r"<!-- PART (\w+) -->",part,t)
pathlib.Path("/tmp/ch4/solutions/ch04_generation.md").write_text(out)
print(re.findall(r"<!-- .* -->",out))
