// Who is chosen, how much each counts and who finds no room, as router_numbers.py has it.

const best = (row, n) => row.map((_, i) => i).sort((a, b) => row[b] - row[a] || a - b).slice(0, n);

/** The softmax of some scores among others. */
function sharesOf(scores, among) {
  const most = Math.max(...among);
  const total = among.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return scores.map((score) => Math.exp(score - most) / total);
}

/** The choices of each word of a layer, best first, and how often each expert is asked. */
function lookAtLayer(rows, nChosen, capacity, amongAll) {
  const words = rows.map((row) => {
    const experts = best(row, nChosen);
    const chosen = experts.map((expert) => row[expert]);
    const weights = sharesOf(chosen, amongAll ? row : chosen);
    return experts.map((expert, rank) => ({ expert, weight: weights[rank], granted: false }));
  });
  const loads = rows[0].map(() => 0);
  // All first choices come before all second ones.
  for (let rank = 0; rank < nChosen; rank++) {
    for (const visits of words) {
      const visit = visits[rank];
      loads[visit.expert] += 1;
      visit.granted = loads[visit.expert] <= capacity;
    }
  }
  const refused = words.flat().filter((visit) => !visit.granted).length;
  const passedBy = words.filter((visits) => visits.every((visit) => !visit.granted)).length;
  return { words, loads, refused, passedBy };
}

/** Everything that is shown at one moment. */
export function lookAt(model) {
  const [texts, scores, shares, nChosen, text, chosen, factor] =
    ["texts", "scores", "shares", "n_chosen", "text", "model", "factor"].map((name) => model.get(name));
  const words = texts[text];
  const rows = scores[text][chosen];
  const nExperts = shares[0][0].length;
  const nChoices = words.length * nChosen;
  const capacity = Math.ceil((nChoices / nExperts) * factor);
  return {
    words, text, chosen, factor, nExperts, nChosen, nChoices, capacity,
    shares: shares[chosen],
    word: Math.min(model.get("word"), words.length - 1),
    layers: rows.map((layer) => lookAtLayer(layer, nChosen, capacity, model.get("among_all"))),
  };
}
