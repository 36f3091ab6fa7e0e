import time, torch
torch.set_num_threads(1)
from dataclasses import replace
from course_lib.checkpoints.mini_gpt import CONFIG
from course_lib.data.tale_tokens import tale_batches, tale_loss
from course_lib.decoder import Decoder
g=torch.Generator().manual_seed(0)
P=time.process_time
t=P(); it=tale_batches(8,g); bs=[next(it) for _ in range(40)]; print("data ms",(P()-t)/40*1000, sum(b.numel() for b in bs)/40)
for d,L in ((96,2),(128,2)):
    m=Decoder(replace(CONFIG,d_model=d,d_ff=4*d,n_layers=L),g,spread=d**-.5)
    o=torch.optim.AdamW(m.parameters(),lr=1e-3,fused=True)
    f=b_=s=0
    for b in bs:
        t=P(); l=tale_loss(m,b); f+=P()-t
        o.zero_grad(); t=P(); l.backward(); b_+=P()-t
        t=P(); torch.nn.utils.clip_grad_norm_(m.parameters(),1.0); o.step(); s+=P()-t
    print(d,"fwd",f/40*1000,"bwd",b_/40*1000,"opt",s/40*1000)
    with torch.profiler.profile() as p:
        for b in bs[:5]:
            l=tale_loss(m,b); l.backward()
    print(p.key_averages().table(sort_by="self_cpu_time_total",row_limit=9,max_name_column_width=40).split("Self CPU time total")[0][:2500])
