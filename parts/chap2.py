import time, torch, sys
torch.set_num_threads(1)
from dataclasses import replace
from course_lib.checkpoints.mini_gpt import CONFIG, Settings, train_mini_gpt, describe
a=dict(x.split("=") for x in sys.argv[1:])
s=Settings(n_steps=(int(a["n"]),),learning_rate=float(a["lr"]),batch_size=int(a.get("B",8))); H=[]; t=time.process_time()
def on(k,l):
    H.append(l)
    if (k+1)%1000==0: print(k+1,round(sum(H[-200:])/200,4),round(time.process_time()-t,1),flush=True)
cfg=replace(CONFIG,n_layers=int(a.get("L",2)),d_model=int(a.get("d",128)),d_ff=int(a.get("F",512)),n_heads=int(a.get("H",4)))
m=train_mini_gpt(int(a.get("seed",0)),s,cfg,on); c=time.process_time()-t
d=describe(m,0,s)["metrics"]; print(a,"cpu",round(c,1),"excess %",100*(d["nats_per_word"]/d["floor_per_word"]-1),flush=True)
