import sys
n=int(sys.argv[1]); marker=sys.argv[2]
src=open("/tmp/ch4_work/cells.py").read().split("if sys.argv[1]")[0]; exec(src)
b=cells()[n][2]; print(b[b.index(marker):])
