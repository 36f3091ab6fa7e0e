import sys, torch, collections
torch.set_num_threads(1)
from dataclasses import replace
from course_lib.checkpoints.mini_gpt import CONFIG
from course_lib.data import tinytales
from course_lib.data.tinytales import lexicon
from course_lib.data.tale_tokens import *
from course_lib.decoder import Decoder
x=torch.load(sys.argv[1],weights_only=False)
if isinstance(x,tuple): cfg,sd=x
else: cfg,sd=CONFIG,x
m=Decoder(cfg,torch.Generator()); m.load_state_dict(sd); m.eval()
tales=held_out_tales(300)
kind={}
for n,ws in dict(name=lexicon.PRONOUN,obj=lexicon.OBJECTS,animal=lexicon.ANIMALS,place=lexicon.PLACES,adj=lexicon.ADJECTIVES,cont=lexicon.CONTAINERS,thing=lexicon.THINGS,state=list(lexicon.ANIMAL_STATES)+list(lexicon.THING_STATES),pron=("he","she","his","her","it")).items():
    for w in ws: kind.setdefault(w,n)
agg=collections.defaultdict(lambda:[0,0.0])
tot=0;nw=0
with torch.no_grad():
    for t in tales:
        ids=torch.tensor([[*encode(t.words),END]])
        lp=m(ids[:,:-1]).logits[0].log_softmax(-1).gather(-1,ids[0,1:,None])[:,0].tolist()
        for i,w in enumerate([*t.words[1:],"<end>"]):
            g=t.log_probs[i+1] if i+1<len(t.words) else 0.0
            prev=t.words[i]
            k=kind.get(w,w)
            pos=i+1
            seg="open" if pos<25 else "event"
            key=(seg,kind.get(prev,prev),k,"cert" if g==0 else "choice")
            e=g-lp[i]; agg[key][0]+=1; agg[key][1]+=e; tot+=e; nw+=1
print("excess/word",tot/nw,"pct",100*tot/nw/.744)
for k,(n,e) in sorted(agg.items(),key=lambda z:-z[1][1])[:26]: print(k,n,round(e/n,3),f"{100*e/tot:.1f}%")
