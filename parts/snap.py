import torch
from course_lib.checkpoints import mini_gpt as M
from course_lib.checkpoints.weights import save_checkpoint
from course_lib.decoder import Decoder
m=Decoder(M.CONFIG,torch.Generator()); m.load_state_dict(torch.load("/tmp/ch4_work/snap.pt")); m.eval()
m=m.half()
from dataclasses import asdict
save_checkpoint(m,M.CHECKPOINT,{"config":asdict(M.CONFIG)})
