import time, torch, json
from course_lib.checkpoints import mini_gpt as M
from course_lib.checkpoints.weights import save_checkpoint
torch.set_num_threads(1)
held=[]; orig=M.Decoder
def cap(*a,**k):
    m=orig(*a,**k); held.append(m); return m
M.Decoder=cap
hist=[]; t0=time.time(); c0=time.process_time()
def on(step,loss):
    hist.append(loss)
    if (step+1)%250==0:
        print(step+1,round(sum(hist[-250:])/250,4),"cpu",round(time.process_time()-c0),"wall",round(time.time()-t0),flush=True)
        torch.save(held[0].state_dict(),"/tmp/ch4_work/snapR2.pt")
S=M.Settings(n_steps=22000,learning_rate=3.5e-3)
model=M.train_mini_gpt(M.SEED,S,on_step=on)
print("trained cpu",time.process_time()-c0,flush=True)
torch.save(model.state_dict(),"/tmp/ch4_work/finalR2.pt")
M.Decoder=orig
json.dump(hist,open("/tmp/ch4_work/hist2.json","w"))
h=model.half()
d=M.describe(h.float(),M.SEED,S)
# written as main() does
save_checkpoint(model.half(),__import__("pathlib").Path("/tmp/ch4_work/r2.safetensors"),d)
print(d["metrics"])
