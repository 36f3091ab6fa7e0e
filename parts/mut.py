import subprocess, pathlib, os
R="/tmp/ch4/"
env=dict(os.environ,PYTHONPATH=R,OMP_NUM_THREADS="1")
M=[("analysis/calibration",".ceil().long()",".floor().long()"),
("analysis/calibration","sums / counts","sums / counts.sum()"),
("analysis/calibration","(gaps * shares).sum()","gaps.mean()"),
("analysis/coverage","falling[1:] < falling[:-1]","falling[1:] <= falling[:-1]"),
("analysis/coverage","n_wrong / n_given","n_wrong / len(falling)"),
("analysis/coverage","confidence >= threshold","confidence > threshold"),
("analysis/coverage","n_right - penalty * n_wrong","n_right + penalty * n_wrong"),
("analysis/repetition","tail[p:] == tail[:-p]","tail[-p:] == tail[:p]"),
("analysis/repetition","range(1, max_period + 1)","range(1, max_period)"),
("analysis/repetition","len(text) - n + 1","len(text) - n"),
("analysis/grammaticality","words[: error.position]","words[: error.position + 1]"),
("analysis/grammaticality","n_right / n_sentences","n_right / len(verdicts)"),
("analysis/grammaticality","Verdict(n_right, n_right + 1, error.position)","Verdict(n_right, n_right, error.position)"),
("data/facts","for _ in range(fact.n_told)","for _ in range(1)"),
("data/facts","return 1 + len(","return len("),
("data/facts","padding_value=PADDING","padding_value=0"),
("data/tale_tokens","token_ids[:, :-1] == END","token_ids[:, 1:] == END"),
("data/tale_tokens","[*encode(tale.words), END]","[*encode(tale.words)]"),
("data/tale_tokens","tales.sort(key=lambda tale: len(tale.words))","pass"),
("data/tale_tokens","if token == END:\n            break","if token == END:\n            continue"),
("models/caching_decoder","token_positions(n_seen, x.shape[1], n_padding, x.device)","token_positions(0, x.shape[1], n_padding, x.device)"),
("models/caching_decoder","caches[layer] if caches","caches[0] if caches"),
("models/caching_decoder","            n_padding=n_padding,\n            rotate=rotate","            rotate=rotate"),
("models/caching_decoder","last_positions(x, n_scored)","x"),
("analysis/tale_samples","Generator().manual_seed(seed)","Generator().manual_seed(0)"),
("analysis/tale_samples","share.tales, share.sentences","share.sentences, share.tales"),
]
for mod,a,b in M:
    p=pathlib.Path(R+f"course_lib/{mod}.py"); s=p.read_text()
    if a not in s: print("MISSING",mod,a); continue
    t=R+f"tests/course_lib/{mod.split('/')[0]}/test_{mod.split('/')[1]}.py"
    try:
        p.write_text(s.replace(a,b,1))
        r=subprocess.run([R+".venv/bin/python","-m","pytest","-q","-x","-p","no:cacheprovider",t],cwd=R,env=env,capture_output=True,text=True)
        print("killed" if r.returncode==1 else f"SURVIVED {r.returncode}",mod,a[:50],flush=True)
    finally: p.write_text(s)
