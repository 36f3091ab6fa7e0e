import time, torch
from course_lib.checkpoints import mini_gpt as M
from course_lib.checkpoints.weights import save_checkpoint
from course_lib.data.tale_tokens import tale_batches, tale_loss
from course_lib.decoder import Decoder
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay
torch.set_num_threads(1)
S=M.SETTINGS
g=torch.Generator().manual_seed(M.SEED)
m=Decoder(M.CONFIG,g,spread=M.CONFIG.d_model**-.5)
it=tale_batches(S.batch_size,g,S.n_sorted)
t=time.process_time()
for _ in range(S.n_steps[0]): next(it)
print("replayed",time.process_time()-t,flush=True)
m.load_state_dict(torch.load("/tmp/ch4_work/finalL3.pt"))
H=[]; t=time.process_time()
def on(k,l):
    H.append(l)
    if (k+1)%250==0: print(k+1,round(sum(H[-250:])/250,4),round(time.process_time()-t),flush=True)
n=S.n_steps[1]
train(m,it,tale_loss,torch.optim.AdamW(m.parameters(),lr=S.learning_rate,betas=(.9,.98),weight_decay=S.weight_decay,fused=True),n_steps=n,schedule=linear_decay(n,S.n_warmup),on_step=on)
m.eval(); torch.save(m.state_dict(),"/tmp/ch4_work/finalR.pt")
m=m.half(); d=M.describe(m.float(),M.SEED)
save_checkpoint(m.half(),__import__("pathlib").Path("/tmp/ch4_work/round2.safetensors"),d)
print(d["metrics"],"excess",100*(d["metrics"]["nats_per_word"]/d["metrics"]["floor_per_word"]-1))
