import sys, time, torch
torch.set_num_threads(1)
import torch.nn.functional as F
from dataclasses import replace
from course_lib.data.tinytales.tale import _story
from course_lib.data.tinytales.walk import Telling
from course_lib.data.tale_tokens import *
from course_lib.data.tale_tokens import _NUMBERS
from course_lib.checkpoints.mini_gpt import CONFIG, Settings, describe
from course_lib.decoder import Decoder
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay
a=dict(x.split("=") for x in sys.argv[1:])
N=int(a["n"])
class Rec(Telling):
    def __init__(s,g): super().__init__(g); s.opts=[]
    def choose(s,o):
        s.opts.append(o); return super().choose(o)
    def say(s,w): s.opts.append({w:1.0}); super().say(w)
g=torch.Generator().manual_seed(0)
cfg=replace(CONFIG,n_layers=int(a.get("L",2)),max_seq_len=160)
m=Decoder(cfg,g,spread=cfg.d_model**-.5)
with torch.no_grad():
    for b in m.blocks:
        b.attention.to_out.weight.mul_(.1); b.feed_forward.to_out.weight.mul_(.1)
def batches():
    while True:
        ws=[]
        for _ in range(128):
            w=Rec(g); _story(w); ws.append(w)
        ws.sort(key=lambda w:len(w.words))
        for p in torch.randperm(16,generator=g).tolist():
            part=ws[p*8:p*8+8]
            T=max(len(w.words) for w in part)
            ids=torch.full((8,T+1),END); r=[];c=[];v=[]
            for i,w in enumerate(part):
                n=len(w.words)
                ids[i,:n]=torch.tensor([_NUMBERS[x] for x in w.words])
                for t,o in enumerate([*w.opts[1:],{"<end>":1.0}]):
                    z=sum(o.values())
                    for k,x in o.items(): r.append(i*T+t); c.append(_NUMBERS[k]); v.append(x/z)
            yield ids,torch.tensor(r),torch.tensor(c),torch.tensor(v),sum(len(w.words) for w in part)
def loss(model,b):
    ids,r,c,v,n=b
    lp=model(ids[:,:-1]).logits.flatten(0,1).log_softmax(-1)
    return -(lp[r,c]*v).sum()/n
t=time.process_time(); H=[]
def on(s,l):
    H.append(l)
    if (s+1)%500==0: print(s+1,round(sum(H[-200:])/200,4),round(time.process_time()-t,1),flush=True)
train(m,batches(),loss,torch.optim.AdamW(m.parameters(),lr=float(a.get("lr",4e-3)),betas=(.9,.98),weight_decay=.01,fused=True),n_steps=N,schedule=linear_decay(N,50),on_step=on)
m.eval(); d=describe(m,0)["metrics"]; print(a,"cpu",time.process_time()-t,"excess %",100*(d["nats_per_word"]/d["floor_per_word"]-1))
torch.save((cfg,m.state_dict()),"/tmp/ch4_work/soft.pt")
