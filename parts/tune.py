import sys, time, torch, json
torch.set_num_threads(1)
from dataclasses import replace
from course_lib.checkpoints.mini_gpt import CONFIG, Settings, train_mini_gpt, describe
a=dict(x.split("=") for x in sys.argv[1:])
cfg=replace(CONFIG,d_model=int(a["d"]),n_layers=int(a["L"]),d_ff=int(a["F"]),n_heads=int(a.get("H",4)),positions=a.get("pos","rotary"),max_seq_len=160)
s=Settings(n_steps=int(a["n"]),batch_size=int(a.get("B",8)),learning_rate=float(a.get("lr",4e-3)),n_sorted=int(a.get("ns",1)))
import course_lib.checkpoints.mini_gpt as MG
OUT=float(a.get("out",1)); EMB=float(a.get("emb",1))
_orig=MG.Decoder
def D2(cfg,g,spread):
    m=_orig(cfg,g,spread=spread)
    with torch.no_grad():
        for b in m.blocks:
            b.attention.to_out.weight.mul_(OUT); b.feed_forward.to_out.weight.mul_(OUT)
        m.embedding.weight.mul_(EMB)
        for b in m.blocks:
            if "qk" in a: b.attention.to_k.weight.copy_(b.attention.to_q.weight)
            if "ov" in a: b.attention.to_out.weight.copy_(float(a["ov"])*b.attention.to_v.weight.T)
    return m
MG.Decoder=D2
t=time.process_time(); last=[t]
hist=[]
def on(step,loss):
    hist.append(loss)
    if (step+1)%500==0:
        print(step+1,round(sum(hist[-200:])/len(hist[-200:]),4),round(time.process_time()-t,1),flush=True)
m=train_mini_gpt(int(a.get("seed",0)),s,cfg,on)
sec=time.process_time()-t
d=describe(m,0,s)["metrics"]
print(a,"cpu",round(sec,1),"ms/step",round(1000*sec/s.n_steps,1),"excess %",round(100*(d["nats_per_word"]/d["floor_per_word"]-1),2),d)
if "save" in a: torch.save((cfg,m.state_dict()),a["save"])
