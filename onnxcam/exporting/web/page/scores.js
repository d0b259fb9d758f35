// What the model's numbers mean, and in which order classes are told.

// For each class { index, value, share }: `value` is the model's own number, `share` a part of 1 or null.
export function ranked(scores, scale) {
  const shares = sharesOf(scores, scale);
  return Array.from(scores, (value, index) => ({ index, value, share: shares ? shares[index] : null })).sort(
    (a, b) => b.value - a.value || a.index - b.index,
  );
}

// Of a model with one score: what it decided, `chosen`, which is -1 where the score stands for no class.
export function decided(score, chosen, scale) {
  const share = scale === "probabilities" ? (chosen === 0 ? 1 - score : score) : null;
  return [{ index: chosen, value: score, share }];
}

// Where the model gives no scores: the class it chose, and after it all others; a single score is no class.
export function unranked(chosen, config) {
  const count = chosen < 0 ? 0 : Math.max(config.class_count, config.class_names?.length ?? 0);
  const others = Array.from({ length: count }, (_, index) => index).filter((index) => index !== chosen);
  return [chosen, ...others].map((index) => ({ index, value: null, share: null }));
}

function sharesOf(scores, scale) {
  switch (scale) {
    case "logits": {
      const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = Float64Array.from(scores, (score) => Math.exp(score - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / sum);
    }
    case "logits of labels":
      return Float64Array.from(scores, (score) => 1 / (1 + Math.exp(-score)));
    case "probabilities":
      return scores;
    default:
      return null;
  }
}

// As people read it: '97.3 %', or '4.22' where the number is no share.
export function scoreText({ value, share }) {
  if (share === null) {
    return value.toFixed(2);
  }
  const percent = 100 * share;
  return percent > 0 && percent < 0.05 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

export function nameOf(config, index) {
  if (index < 0) {
    return "the score";
  }
  return config.class_names?.[index] || `class ${index}`;
}
