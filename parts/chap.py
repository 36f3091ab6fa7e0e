import time, torch
torch.set_num_threads(1)
from dataclasses import replace
from course_lib.checkpoints.mini_gpt import CONFIG, Settings, train_mini_gpt, describe
import sys
SEED=int(sys.argv[4]) if len(sys.argv)>4 else 0
n,lr,L=int(sys.argv[1]),float(sys.argv[2]),int(sys.argv[3])
s=Settings(n_steps=n,learning_rate=lr); H=[]; t=time.process_time()
def on(k,l):
    H.append(l)
    if (k+1)%500==0: print(k+1,round(sum(H[-200:])/200,4),round(time.process_time()-t,1),flush=True)
cfg=replace(CONFIG,n_layers=L)
m=train_mini_gpt(SEED,s,cfg,on); c=time.process_time()-t
d=describe(m,0,s)["metrics"]; print("seed",SEED,n,lr,L,"cpu",c,"excess %",100*(d["nats_per_word"]/d["floor_per_word"]-1),flush=True)
torch.save((cfg,m.state_dict()),f"/tmp/ch4_work/chap_{n}_{lr}_{L}_{SEED}.pt")
